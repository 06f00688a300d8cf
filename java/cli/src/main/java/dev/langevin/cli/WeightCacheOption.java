package dev.langevin.cli;

import dev.langevin.plan.WeightCache;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where packed weights are kept from one start to the next. */
final class WeightCacheOption {

  @Option(names = "--weight-cache", paramLabel = "DIR|off",
      description = "Where weights are kept as they are computed from, for the next start; without it langevin/weights"
          + " in the user's"
          + " cache folder.")
  private String folder;

  @Option(names = "--weight-cache-limit", paramLabel = "BYTES", description = "Most that it may take on disk (32g).")
  private ByteCount limit;

  /** The cache, or null for none: also where the user has no home, of which the native libraries warn. */
  WeightCache cache() {
    if ("off".equals(folder) && limit != null) {
      throw new IllegalArgumentException("--weight-cache-limit means nothing with --weight-cache off; leave one away");
    }
    Path place = folder == null ? WeightCache.usualFolder() : Path.of(folder);
    return "off".equals(folder) || place == null ? null
        : new WeightCache(place, limit == null ? WeightCache.USUAL_LIMIT : limit.bytes(),
            Messages::warn);
  }
}
