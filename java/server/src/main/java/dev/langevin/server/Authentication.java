package dev.langevin.server;

import dev.langevin.cli.ServeOptions;
import io.javalin.http.Context;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Who may ask. Keys are compared by their digests and in a time that does not depend on them. Where there are none,
 * whoever reaches the port may ask, but no other site's page in a browser on this machine. Thread-safe.
 */
public final class Authentication {

  /** Where keys may stand instead of a file. */
  static final String VARIABLE = "LANGEVIN_API_KEYS";

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String CLIENT = "langevin-client";

  private final List<byte[]> keys = new ArrayList<>(); // digests
  private final List<String> origins;
  private final Set<String> hosts; // that requests may be sent to, or null for any

  /**
   * @param variable the value of {@link #VARIABLE}, or null
   * @throws IllegalArgumentException if the file of keys cannot be read or has none
   */
  Authentication(ServeOptions options, String variable) {
    if (options.keys != null) {
      read(options);
    }
    if (variable != null) {
      Arrays.stream(variable.split(",")).map(String::strip).filter(key -> !key.isEmpty()).forEach(this::add);
    }
    origins = List.copyOf(options.corsOrigins);
    hosts = keys.isEmpty() && isLoopback(options.host) ? LOOPBACK : null;
  }

  private void read(ServeOptions options) {
    try {
      Files.readAllLines(options.keys).stream().map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#")).forEach(this::add);
    } catch (IOException e) {
      throw new IllegalArgumentException("--keys " + options.keys + " cannot be read: " + e, e);
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("--keys " + options.keys + " has no key; write one a line");
    }
  }

  private void add(String key) {
    keys.add(digest(key));
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Whether keys are asked for. */
  boolean hasKeys() {
    return !keys.isEmpty();
  }

  /**
   * Lets a request through or refuses it.
   *
   * @param basic whether a key may be the password of Basic authentication
   * @throws Fault 401 without a key, 403 from a page of another site
   */
  void require(Context context, boolean basic) {
    requireSite(context);
    if (keys.isEmpty()) {
      context.attribute(CLIENT, context.ip());
      return;
    }
    String given = given(context.header("Authorization"), basic);
    byte[] digest = digest(given == null ? "" : given);
    boolean known = false;
    for (byte[] key : keys) {
      known |= MessageDigest.isEqual(key, digest);
    }
    if (!known) {
      throw new Fault(Fault.UNAUTHORIZED, "invalid_api_key", given == null
          ? "this server asks for a key: send the header 'Authorization: Bearer KEY'"
          : "the key is not one of this server's");
    }
    context.attribute(CLIENT, HexFormat.of().formatHex(digest, 0, 8));
  }

  private static String given(String header, boolean basic) {
    if (header == null) {
      return null;
    }
    String[] words = header.strip().split("\\s+", 2);
    if (words.length == 2 && words[0].equalsIgnoreCase("Bearer")) {
      return words[1];
    }
    if (words.length == 2 && basic && words[0].equalsIgnoreCase("Basic")) {
      try {
        String pair = new String(Base64.getDecoder().decode(words[1]), StandardCharsets.UTF_8);
        return pair.substring(pair.indexOf(':') + 1);
      } catch (IllegalArgumentException e) {
        return "";
      }
    }
    return "";
  }

  /** A browser on this machine reaches this port for any site, also by a name of that site's that leads here. */
  private void requireSite(Context context) {
    String host = String.valueOf(context.header("Host")).toLowerCase(Locale.ROOT);
    if (hosts != null && !hosts.contains(host.replaceFirst(":\\d+$", ""))) {
      throw new Fault(Fault.FORBIDDEN, "host_not_allowed",
          "without keys this server answers requests to localhost alone; give it keys to serve under another name");
    }
    String origin = context.header("Origin");
    if (origin != null && !origins.contains(origin) && !origin.replaceFirst("^https?://", "").equalsIgnoreCase(host)) {
      throw new Fault(Fault.FORBIDDEN, "origin_not_allowed",
          "pages of another site may not ask here; the operator may allow them with --cors");
    }
  }

  /** Whose a request is: its key's digest in short, or its address where there are no keys. */
  public static String client(Context context) {
    String client = context.attribute(CLIENT);
    if (client == null) {
      throw new IllegalStateException("the request was not let in");
    }
    return client;
  }

  /** The same, or null where the request needed no key. */
  static String clientOrNull(Context context) {
    return context.attribute(CLIENT);
  }
}
