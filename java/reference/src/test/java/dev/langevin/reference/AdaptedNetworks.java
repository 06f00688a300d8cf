package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.stages.Chain;
import dev.langevin.pipeline.stages.LatentDiffusion;
import dev.langevin.pipeline.stages.LatentRun;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.LoraFile;
import dev.langevin.weights.MergedTensors;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.TokenizerFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's networks with a LoRA each on their own: the text encoder against the stored embeddings, the U-Net on those
 * embeddings against every stored latent. What the one rounds does not count against the other here.
 */
final class AdaptedNetworks {

  private AdaptedNetworks() {}

  static void check(ReferenceCase c, Path loraFile, double weight) {
    ModelFolder folder = new ModelFolder(c.model());
    try (ModelWeights unet = folder.weights("unet"); ModelWeights text = folder.weights("text_encoder");
        LoraFile lora = LoraFile.open(loraFile)) {
      Map<String, NamedTensors> components = new LinkedHashMap<>();
      components.put("unet", unet);
      components.put("text_encoder", text);
      Map<String, NamedTensors> merged = MergedTensors.merge(components, Map.of(lora, weight));
      encode(c, folder, merged.get("text_encoder"), "prompt");
      encode(c, folder, merged.get("text_encoder"), "negative_prompt");
      sample(c, folder, merged.get("unet"));
    }
  }

  private static void encode(ReferenceCase c, ModelFolder folder, NamedTensors weights, String prompt) {
    long[] ids =
        TokenizerFiles.clip(folder.component("tokenizer")).tokenize(c.json().at("/call/" + prompt).textValue()).ids();
    ClipConfig config = ClipConfig.of(folder.config("text_encoder"), false);
    String prefix = weights.has("text_model.final_layer_norm.weight") ? "text_model." : "";
    try (Plan plan = new Planner(TestedBackend.get())
        .plan(ClipText.graph(config, prefix, 1, ids.length, false, List.of(), 0), weights)) {
      Ports.write(plan, "input_ids", ids);
      Ports.write(plan, "end", ClipText.ends(config, ids, ids.length));
      plan.run();
      Closeness.assertClose(prompt + "_embeds", Ports.read(plan, "last_hidden_state"), c.tensor(prompt + "_embeds"),
          c.maxAbs());
    }
  }

  private static void sample(ReferenceCase c, ModelFolder folder, NamedTensors weights) {
    JsonNode call = c.json().get("call");
    Trajectory trajectory = Schedulers.fromConfig(
        new ModelFolder(c.dir().resolve(c.json().at("/scheduler_dir/scheduler").textValue())).schedulerConfig())
        .trajectory(TrajectoryOptions.steps(call.get("num_inference_steps").intValue()));
    Tensor expected = c.tensor("latents");
    Shape latents = expected.row(0).shape();
    double bound = c.json().at("/tolerance/latent_max_abs").doubleValue();
    LatentRun run = LatentRun.of(latents.intDim(0), latents.intDim(2), latents.intDim(3), trajectory,
        call.get("guidance_scale").doubleValue(), c.tensor("prompt_embeds"), c.tensor("negative_prompt_embeds"));
    Backend backend = TestedBackend.get();
    backend.call(() -> {
      try (Network network = new Network("unet", backend, Precision.F32, null, weights);
          Chain chain = new LatentDiffusion(backend, UNetConditionConfig.of(folder.config("unet")), network)
              .begin(run, target -> target.data().copyFrom(c.tensor("noise.000").data()))) {
        while (chain.done() < chain.calls()) {
          chain.step();
          Closeness.assertClose("latents[" + chain.done() + "] of the stored embeddings", chain.sample(),
              expected.row(chain.done()), bound);
        }
      }
      return null;
    });
  }
}
