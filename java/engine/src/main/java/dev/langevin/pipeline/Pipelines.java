package dev.langevin.pipeline;

import dev.langevin.pipeline.engine.Family;
import dev.langevin.request.LoadOptions;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Opens models of any family. */
public final class Pipelines {

  private Pipelines() {}

  /** {@link #open(Path, LoadOptions)} with the usual options. */
  public static Pipeline open(Path path) {
    return open(path, LoadOptions.usual());
  }

  /**
   * Opens a diffusers folder, or a single file in the original naming, of whatever family it is, and checks all of it.
   * The files stay mapped until the pipeline is closed.
   *
   * @throws WeightsException if no family knows it, or if a file is missing or malformed, or files do not belong
   *   together, naming the entry at fault
   */
  public static Pipeline open(Path path, LoadOptions options) {
    return new Pipeline(family(path).load(path, options), options);
  }

  private static Family family(Path path) {
    List<String> known = new ArrayList<>();
    boolean file = Files.isRegularFile(path);
    String pipelineClass = file ? null : new ModelFolder(path).pipelineClass();
    for (Family family : ServiceLoader.load(Family.class, Pipelines.class.getClassLoader())) {
      if (file ? family.readsFiles() : family.recognises(path, pipelineClass)) {
        return family;
      }
      known.add(family.name());
    }
    throw new WeightsException(file ? path + " is a file, which none of the families here reads: " + known
        : path.resolve("model_index.json") + ": _class_name is " + pipelineClass + ", of none of the families here: "
            + known);
  }
}
