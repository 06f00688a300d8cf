package dev.langevin.cli;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.LoadOptions;
import java.io.IOException;
import java.nio.file.Path;

/** The model that the commands' {@code --model} names. */
final class ModelOption {

  private ModelOption() {}

  /** The folder's model, or the embedded one of Fashion-MNIST for null. */
  static Pipeline open(Path model, LoadOptions options) throws IOException {
    return Pipelines.open(model != null ? model : EmbeddedModel.FASHION.unpack(), options);
  }
}
