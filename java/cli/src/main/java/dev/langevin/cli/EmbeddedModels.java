package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Path;

/** The models that lie in the command line's jar, for other programs. */
public final class EmbeddedModels {

  private EmbeddedModels() {}

  /** Texts to pictures of 64x64: a copy in a temporary folder, deleted when the process ends. */
  public static Path emoji() throws IOException {
    return EmbeddedModel.EMOJI.unpack();
  }

  /** Classes of Fashion-MNIST, likewise. */
  public static Path fashion() throws IOException {
    return EmbeddedModel.FASHION.unpack();
  }
}
