package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.pipeline.engine.Family;
import dev.langevin.pipeline.engine.LoadEvent;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Recorded;
import dev.langevin.pipeline.files.AdaptedParts;
import dev.langevin.pipeline.files.FolderParts;
import dev.langevin.pipeline.files.ModelParts;
import dev.langevin.pipeline.files.SingleFileParts;
import dev.langevin.request.LoadOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Latent diffusion under a text (arXiv:2112.10752): Stable Diffusion 1, 2 and XL and what is built alike, from text,
 * from a picture, inpainting, with control networks; SDXL's refiner and the x4 upscaler.
 */
public final class StableDiffusionFamily implements Family {

  @Override
  public String name() {
    return "Stable Diffusion";
  }

  @Override
  public boolean recognises(Path folder, String pipelineClass) {
    return pipelineClass.startsWith("StableDiffusion") || pipelineClass.startsWith("LatentConsistencyModel");
  }

  @Override
  public boolean readsFiles() {
    return true;
  }

  @Override
  public Model load(Path path, LoadOptions options) {
    LoadEvent event = Recorded.begin(LoadEvent::new);
    ModelParts parts = Files.isRegularFile(path) ? new SingleFileParts(path, options) : new FolderParts(path);
    if (!options.loras().isEmpty() || !options.embeddings().isEmpty()) {
      parts = new AdaptedParts(parts, options);
    }
    Model loaded = new StableDiffusionModel(parts, options);
    if (event != null) {
      event.model = path.toString();
      event.components = String.join(", ", parts.components().keySet());
      event.commit();
    }
    return loaded;
  }
}
