package dev.langevin.bindings;

import java.nio.file.Path;

/** Where programs keep what they can make again. */
public final class CacheFolder {

  private CacheFolder() {}

  /**
   * {@code XDG_CACHE_HOME} or {@code ~/.cache}, or null where the user has neither; names without a folder are none.
   */
  public static Path usual() {
    return usual(System.getenv("XDG_CACHE_HOME"), System.getProperty("user.home"));
  }

  /** Without a home Java says {@code ?}, which would be a folder of the working directory. */
  static Path usual(String xdg, String home) {
    if (xdg != null && xdg.startsWith("/")) {
      return Path.of(xdg);
    }
    return home != null && home.startsWith("/") ? Path.of(home, ".cache") : null;
  }
}
