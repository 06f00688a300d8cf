package dev.langevin.pipeline.engine;

import dev.langevin.request.LoadOptions;
import java.nio.file.Path;

/** A kind of model. Families are found by {@link java.util.ServiceLoader}; each knows its own files. */
public interface Family {

  /** For messages. */
  String name();

  /**
   * Whether a folder is of this family, by its {@code model_index.json}.
   *
   * @param pipelineClass the index's {@code _class_name}
   */
  boolean recognises(Path folder, String pipelineClass);

  /** Whether it reads single files of any kind; what is in one it finds out when it loads. */
  default boolean readsFiles() {
    return false;
  }

  /**
   * Opens a model and checks all of it: index, configurations, names, shapes, types and values of the weights.
   *
   * @throws dev.langevin.weights.WeightsException if a file is missing or malformed, or files do not belong together,
   *   naming the entry
   */
  Model load(Path path, LoadOptions options);
}
