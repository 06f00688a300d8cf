package dev.langevin.toy;

import dev.langevin.pipeline.engine.Family;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.request.LoadOptions;
import java.nio.file.Path;

/**
 * The smallest family, as docs/extending.md says how: a network without weights that calls a part of the sample noise.
 */
public final class ToyFamily implements Family {

  @Override
  public String name() {
    return "toy";
  }

  @Override
  public boolean recognises(Path folder, String pipelineClass) {
    return pipelineClass.equals("ToyPipeline");
  }

  @Override
  public Model load(Path path, LoadOptions options) {
    return new ToyModel(options);
  }
}
