package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.models.ClipConfig;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.files.AdaptedParts;
import dev.langevin.pipeline.files.ModelParts;
import dev.langevin.pipeline.stages.ClipTextEncoder;
import dev.langevin.pipeline.stages.PromptEncoder;
import dev.langevin.pipeline.stages.PromptEncoder.Encoded;
import dev.langevin.pipeline.stages.PromptEncoder.Reading;
import dev.langevin.pipeline.stages.TextEncoder;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.request.LoadOptions;
import dev.langevin.text.Emphasis;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a U-Net is told of weighted and long prompts, and of learned tokens, as the web UIs compute it. */
final class PromptEmbeddingCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("prompt_embeddings") || c.family().equals("textual_inversion");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    boolean xl = c.json().get("model_kind").textValue().equals("sdxl");
    LoadOptions.Builder options = LoadOptions.builder();
    c.json().path("files").forEach(file -> options.embedding(c.dir().resolve("embeddings").resolve(file.textValue()),
        null));
    List<Network> networks = new ArrayList<>();
    Backend backend = TestedBackend.get();
    try (ModelParts parts = new AdaptedParts(new TextParts(c.model(), xl), options.build())) {
      List<TextEncoder> encoders = new ArrayList<>();
      for (String component : xl ? List.of("text_encoder", "text_encoder_2") : List.of("text_encoder")) {
        networks.add(new Network(component, backend, Precision.F32, null, parts.weights(component)));
        ClipConfig config = ClipConfig.of(parts.config(component), component.endsWith("_2"));
        String prefix = parts.weights(component).has("text_model.final_layer_norm.weight") ? "text_model." : "";
        encoders.add(new ClipTextEncoder(networks.getLast(),
            parts.tokenizer(component.replace("text_encoder", "tokenizer")), config, prefix, xl));
      }
      PromptEncoder encoder = new PromptEncoder(encoders);
      for (JsonNode prompt : c.json().get("prompts")) {
        compare(c, encoder, prompt, backend);
      }
    } finally {
      backend.call(() -> {
        networks.forEach(Network::close);
        return null;
      });
    }
  }

  private static void compare(ReferenceCase c, PromptEncoder encoder, JsonNode prompt, Backend backend) {
    String ui = prompt.path("ui").asText(c.json().path("ui").asText());
    JsonNode settings = c.json().get("settings");
    int skip = settings.path("CLIP_stop_at_last_layers")
        .asInt(settings.path("skip").asInt(settings.path("clip_skip").asInt(1)));
    Reading reading = ui.equals("a1111")
        ? new Reading(PromptSyntax.A1111,
            Emphasis.valueOf(settings.get("emphasis").textValue().toUpperCase(Locale.ROOT).replace(' ', '_')),
            settings.get("comma_padding_backtrack").intValue())
        : new Reading(PromptSyntax.COMFY, Emphasis.ORIGINAL);
    List<String> texts = List.of(prompt.get("prompt").textValue());
    int chunks = encoder.chunks(texts, reading);
    Encoded encoded = encoder.encode(texts, reading, skip - 1, chunks, backend::call, warning -> {});
    String name = prompt.get("tensor").textValue();
    String what = c.name() + " " + name + " '" + texts.getFirst() + "'";
    Closeness.assertClose(what, encoded.states(), c.tensor(name).toFloats(),
        prompt.path("max_abs_tolerance").asDouble(c.maxAbs()));
    String pooled = name.replace(".cond", ".pooled");
    if (c.json().get("model_kind").textValue().equals("sdxl") && c.has(pooled)) {
      Closeness.assertClose(what + " pooled", encoded.pooled(), c.tensor(pooled).toFloats(),
          prompt.path("max_abs_tolerance").asDouble(c.maxAbs()));
    }
  }
}
