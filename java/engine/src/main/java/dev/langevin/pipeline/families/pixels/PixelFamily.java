package dev.langevin.pipeline.families.pixels;

import dev.langevin.pipeline.engine.Family;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.request.LoadOptions;
import dev.langevin.weights.ModelFolder;
import java.nio.file.Path;
import java.util.Set;

/**
 * Pixel-space diffusion, unconditional or by class (arXiv:2006.11239): a U-Net and a sampler, as diffusers' DDPM, DDIM
 * and other pipelines of these two components save them.
 */
public final class PixelFamily implements Family {

  private static final Set<String> PIPELINES = Set.of(
      "DDPMPipeline", "DDIMPipeline", "PNDMPipeline", "ConsistencyModelPipeline", "DiffusionPipeline");

  @Override
  public String name() {
    return "pixel-space diffusion";
  }

  @Override
  public boolean recognises(Path folder, String pipelineClass) {
    return PIPELINES.contains(pipelineClass);
  }

  @Override
  public Model load(Path path, LoadOptions options) {
    return PixelModel.load(new ModelFolder(path), options);
  }
}
