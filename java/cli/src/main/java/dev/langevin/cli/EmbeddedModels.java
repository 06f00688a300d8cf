package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Path;

/** The models in this jar, for programs that are given none. */
public final class EmbeddedModels {

  private EmbeddedModels() {}

  /**
   * The model of texts to pictures of 64 x 64: a diffusers folder in the temporary folder, which goes with the process.
   *
   * @throws IOException if it cannot be unpacked
   */
  public static Path texts() throws IOException {
    return EmbeddedModel.EMOJI.unpack();
  }
}
