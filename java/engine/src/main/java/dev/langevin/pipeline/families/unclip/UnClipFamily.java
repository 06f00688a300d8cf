package dev.langevin.pipeline.families.unclip;

import dev.langevin.pipeline.engine.Family;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.LoadSetting;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.Set;

/**
 * DALL-E 2's architecture (arXiv:2204.06125), from a diffusers folder of Karlo's layout: a prior turns a text into an
 * image embedding, a decoder that into a small picture, and two networks enlarge it, of which the second takes the last
 * step. A folder of the variation pipeline has a picture's encoder in the prior's place.
 */
public final class UnClipFamily implements Family {

  private static final Set<String> PIPELINES = Set.of("UnCLIPPipeline", "UnCLIPImageVariationPipeline");

  @Override
  public String name() {
    return "unCLIP";
  }

  @Override
  public boolean recognises(Path folder, String pipelineClass) {
    return PIPELINES.contains(pipelineClass);
  }

  @Override
  public Model load(Path path, LoadOptions options) {
    LoadSetting.requireHonoured(options, Set.of(), name());
    try {
      return new UnClipModel(new ModelFolder(path), options);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(path + ": " + e.getMessage(), e);
    }
  }
}
