package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Proxies by {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code ALL_PROXY}, in small letters too, but for the hosts of
 * {@code NO_PROXY}; where none of them is set, by the system properties of the JDK ({@code https.proxyHost} and so on).
 */
final class EnvironmentProxies extends ProxySelector {

  private final URI http;
  private final URI https;
  private final List<String> without;

  EnvironmentProxies(Map<String, String> environment) throws HubException {
    this.http = proxy(environment, "HTTP_PROXY");
    this.https = proxy(environment, "HTTPS_PROXY");
    this.without = List.of(value(environment, "NO_PROXY").split("[,\\s]+"));
  }

  private static URI proxy(Map<String, String> environment, String variable) throws HubException {
    String named = value(environment, variable);
    named = named.isEmpty() ? value(environment, "ALL_PROXY") : named;
    if (named.isEmpty()) {
      return null;
    }
    URI uri = HubSettings.address(named.contains("://") ? named : "http://" + named);
    if (uri == null || uri.getHost() == null || !"http".equalsIgnoreCase(uri.getScheme())) {
      throw new HubException(Reason.ARGUMENT,
          variable + " names no proxy of HTTP; write http://HOST:PORT or http://NAME:PASSWORD@HOST:PORT");
    }
    return uri;
  }

  private static String value(Map<String, String> environment, String variable) {
    String small = environment.getOrDefault(variable.toLowerCase(Locale.ROOT), "").strip();
    return small.isEmpty() ? environment.getOrDefault(variable, "").strip() : small;
  }

  /** The variable's proxy of an address, or null. */
  private URI named(URI address) {
    URI proxy = "https".equalsIgnoreCase(address.getScheme()) ? https : http;
    return proxy == null || without.stream().anyMatch(host -> covers(host, address.getHost())) ? null : proxy;
  }

  private static boolean covers(String pattern, String host) {
    String name = pattern.replaceFirst("^\\*?\\.", "").replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    String own = host.toLowerCase(Locale.ROOT);
    return pattern.equals("*") || !name.isEmpty() && (own.equals(name) || own.endsWith("." + name));
  }

  /** What the proxy of an address is told beside the request, or null. */
  String credentials(URI address) {
    URI proxy = named(address);
    return proxy == null || proxy.getUserInfo() == null ? null
        : "Basic " + Base64.getEncoder().encodeToString(proxy.getUserInfo().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public List<Proxy> select(URI address) {
    URI proxy = named(address);
    if (proxy != null) {
      return List.of(new Proxy(Proxy.Type.HTTP,
          new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? 80 : proxy.getPort())));
    }
    ProxySelector usual = ProxySelector.getDefault();
    return http != null || https != null || usual == null ? List.of(Proxy.NO_PROXY) : usual.select(address);
  }

  @Override
  public void connectFailed(URI address, SocketAddress proxy, IOException failure) {
    // whoever asked is told
  }
}
