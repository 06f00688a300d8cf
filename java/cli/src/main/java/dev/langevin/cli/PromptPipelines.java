package dev.langevin.cli;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.request.LoadOptions;
import java.io.IOException;
import java.util.List;

/** A model with the updates that prompts call: loaded anew where a prompt calls others than the one before. */
final class PromptPipelines implements AutoCloseable {

  /** Loads the model. */
  @FunctionalInterface
  interface Loader {
    Pipeline open(List<LoadOptions.Lora> loras) throws IOException;
  }

  private final TextOptions options;
  private final Loader loader;
  private Pipeline open;
  private List<LoadOptions.Lora> with;

  PromptPipelines(TextOptions options, Loader loader) {
    this.options = options;
    this.loader = loader;
  }

  /** The model for a prompt, until the next. */
  Pipeline of(String prompt) throws IOException {
    List<LoadOptions.Lora> called = PromptLoras.of(prompt, options);
    if (open == null || !called.equals(with)) {
      close();
      open = loader.open(called);
      with = called;
    }
    return open;
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
  }
}
