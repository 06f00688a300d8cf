package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the hub and its cache are, by the variables of the environment that huggingface_hub reads: {@code HF_ENDPOINT},
 * {@code HF_TOKEN} or the file {@code token} in {@code HF_HOME} ({@code HF_TOKEN_PATH}), {@code HF_HUB_CACHE},
 * {@code HF_HUB_OFFLINE}, {@code HF_HUB_DISABLE_SYMLINKS}, {@code HF_HUB_DISABLE_IMPLICIT_TOKEN},
 * {@code HF_HUB_DOWNLOAD_TIMEOUT}, and {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY}, {@code NO_PROXY}.
 *
 * @param endpoint of the hub, without a slash at its end
 * @param cache the folder of all cached models
 * @param token sent to the endpoint's host and no other, or null for none
 * @param offline whether nothing but the cache is to be asked
 * @param symlinks whether snapshots link to their files, or hold copies
 * @param silence how long a server may send nothing
 * @param proxies of each address
 */
public record HubSettings(URI endpoint, Path cache, String token, boolean offline, boolean symlinks, Duration silence,
    ProxySelector proxies) {

  private static final String ENDPOINT = "https://huggingface.co";

  private static final Duration SILENCE = Duration.ofSeconds(10); // huggingface_hub's

  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

  /** Those of this process's environment. */
  public static HubSettings usual() throws HubException {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * Those of an environment.
   *
   * @param home for {@code ~}, and below which the cache is where no variable says otherwise
   * @throws HubException naming the variable whose value cannot be used
   */
  public static HubSettings of(Map<String, String> environment, Path home) throws HubException {
    String around = first(environment, "XDG_CACHE_HOME");
    Path hub = path(environment, home, "HF_HOME",
        (around != null ? Path.of(around) : home.resolve(".cache")).resolve("huggingface"));
    Path legacy = path(environment, home, "HUGGINGFACE_HUB_CACHE", hub.resolve("hub"));
    return new HubSettings(endpoint(environment), path(environment, home, "HF_HUB_CACHE", legacy).toAbsolutePath(),
        token(environment, path(environment, home, "HF_TOKEN_PATH", hub.resolve("token"))),
        isTrue(environment, "HF_HUB_OFFLINE") || isTrue(environment, "TRANSFORMERS_OFFLINE"),
        !isTrue(environment, "HF_HUB_DISABLE_SYMLINKS"), silence(environment),
        new EnvironmentProxies(environment));
  }

  private static URI endpoint(Map<String, String> environment) throws HubException {
    String named = first(environment, "HF_ENDPOINT");
    URI uri = address(named == null ? ENDPOINT : named.strip().replaceAll("/+$", ""));
    if (uri == null || uri.getHost() == null || uri.getRawQuery() != null || uri.getRawUserInfo() != null
        || !Set.of("http", "https").contains(String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT))) {
      throw new HubException(Reason.ARGUMENT,
          "HF_ENDPOINT is '" + named + "', must be the address of a hub, such as " + ENDPOINT);
    }
    return uri;
  }

  /** Null for what is none. */
  static URI address(String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static String token(Map<String, String> environment, Path file) throws HubException {
    String token = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
    String from = "HF_TOKEN";
    if (token == null && !isTrue(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
      from = file.toString();
      try {
        token = Files.readString(file);
      } catch (NoSuchFileException e) {
        return null;
      } catch (IOException e) {
        throw new HubException(Reason.ARGUMENT, file + ", the hub's token, cannot be read: " + e, e);
      }
    }
    token = token == null ? "" : token.replace("\r", "").replace("\n", "").strip();
    if (!token.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new HubException(Reason.ARGUMENT, from + " holds what no token does; copy it anew from the hub");
    }
    return token.isEmpty() ? null : token;
  }

  private static Duration silence(Map<String, String> environment) throws HubException {
    String seconds = first(environment, "HF_HUB_DOWNLOAD_TIMEOUT");
    if (seconds == null) {
      return SILENCE;
    }
    if (!seconds.strip().matches("\\d{1,5}")) {
      throw new HubException(Reason.ARGUMENT,
          "HF_HUB_DOWNLOAD_TIMEOUT is '" + seconds + "', must be a number of seconds");
    }
    long given = Long.parseLong(seconds.strip());
    return given == 0 ? SILENCE : Duration.ofSeconds(given);
  }

  private static Path path(Map<String, String> environment, Path home, String variable, Path usual) {
    String value = first(environment, variable);
    if (value == null) {
      return usual;
    }
    String text = value.equals("~") || value.startsWith("~/") ? home + value.substring(1) : value;
    Matcher found = VARIABLE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (found.find()) {
      String name = found.group(1) != null ? found.group(1) : found.group(2);
      found.appendReplacement(expanded,
          Matcher.quoteReplacement(environment.getOrDefault(name, found.group()))); // an unknown one stays, as Python's
    }
    return Path.of(found.appendTail(expanded).toString());
  }

  private static String first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isBlank()) {
        return value;
      }
    }
    return null;
  }

  private static boolean isTrue(Map<String, String> environment, String name) {
    String value = environment.get(name);
    return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
  }

  /** Whether an address is the endpoint's own: the only one that gets the token, and whose headers tell of files. */
  boolean isOwn(URI address) {
    return endpoint.getScheme().equalsIgnoreCase(address.getScheme())
        && endpoint.getHost().equalsIgnoreCase(address.getHost()) && port(endpoint) == port(address);
  }

  private static int port(URI address) {
    return address.getPort() >= 0 ? address.getPort() : "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
  }

  /** Without the token. */
  @Override
  public String toString() {
    return endpoint + (offline ? " (offline)" : "") + ", cache " + cache + (token == null ? "" : ", with a token");
  }
}
