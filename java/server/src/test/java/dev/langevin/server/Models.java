package dev.langevin.server;

import java.nio.file.Path;

/** Tiny models that lie in the repository. */
final class Models {

  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Path REFERENCE = ROOT.resolve("java/engine/src/test/resources/reference");

  static final Path EMOJI = ROOT.resolve("java/cli/src/main/resources/dev/langevin/cli/emoji");
  static final Path FASHION = ROOT.resolve("java/cli/src/main/resources/dev/langevin/cli/fashion");
  static final Path VARIATION = REFERENCE.resolve("pipelines_unclip/_models/karlo_variation");
  static final Path SD = REFERENCE.resolve("pipelines_sd/_models/sd1");

  private Models() {}
}
