package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.pipeline.UnconditionalDiffusion;
import java.io.IOException;
import java.nio.file.Path;

/** The model that the commands' {@code --model} names. */
final class ModelOption {

  private ModelOption() {}

  /** The folder's model, or the embedded one of Fashion-MNIST for null. */
  static UnconditionalDiffusion load(Path model, String backend, boolean allowNan) throws IOException {
    Path folder = model != null ? model : EmbeddedModel.FASHION.unpack();
    try (Backend opened = Backend.open(backend, BackendOptions.usual())) {
      return allowNan
          ? UnconditionalDiffusion.load(folder, opened, warning -> System.err.println("langevin: warning: " + warning))
          : UnconditionalDiffusion.load(folder, opened);
    }
  }
}
