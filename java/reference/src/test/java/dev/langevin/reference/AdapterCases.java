package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.request.LoadOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/** Stable Diffusion with LoRA files, learned tokens and image prompts, from the prompt on. */
final class AdapterCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("pipelines_adapters");
  }

  @Override
  public void run(ReferenceCase c) {
    JsonNode json = c.json();
    if (json.has("embedding_file")) {
      LatentPipelineCases.run(c, c.model(), options(c)
          .embedding(c.dir().resolve(json.get("embedding_file").textValue()), json.get("token").textValue()).build());
      return;
    }
    if (json.has("ip_adapter_file")) {
      LatentPipelineCases.run(
          c, c.model(), options(c).ipAdapter(c.dir().resolve(json.get("ip_adapter_file").textValue()), null).build());
      return;
    }
    double scale = json.path("lora_scale").asDouble(1);
    Path file = c.dir().resolve(json.get("lora_file").textValue());
    AdaptedNetworks.check(c, file, scale);
    LatentPipelineCases.run(c, c.model(), options(c).lora(file, scale).build());
    Path published = c.dir().resolve("lora_published_names/pytorch_lora_weights.safetensors");
    if (Files.exists(published)) {
      LatentPipelineCases.run(c, c.model(), options(c).lora(published, scale).build());
    }
    // twice, with a share of its strength each
    LatentPipelineCases.run(c, c.model(), options(c).lora(file, scale / 4).lora(file, scale * 3 / 4).build());
  }

  private static LoadOptions.Builder options(ReferenceCase c) {
    return TestedBackend.options()
        .scheduler(c.dir().resolve(c.json().at("/scheduler_dir/scheduler").textValue()));
  }
}
