package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** unCLIP's prior and what its decoder is told, on every backend. */
final class PriorCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("prior_transformer");
  }

  @Override
  public void run(ReferenceCase c) {
    boolean prior = c.className().equals("PriorTransformer");
    Path folder = c.model().resolve(prior ? "prior" : "text_proj");
    try (ModelWeights weights = ModelWeights.open(folder)) {
      for (String backend : new String[] {"onednn", "reference"}) {
        Planner planner = new Planner(Backend.named(backend));
        if (prior) {
          PriorConfig config = PriorConfig.of(c.map("config"));
          prior(c, planner, config, weights, true, c.json().get("timestep").floatValue(), "out");
          if (c.has("out_unmasked_t7")) {
            prior(c, planner, config, weights, false, 7, "out_unmasked_t7");
          }
        } else {
          projection(c, planner, weights, true);
          projection(c, planner, weights, false);
        }
      }
    }
  }

  private static void prior(ReferenceCase c, Planner planner, PriorConfig config, ModelWeights weights, boolean masked, float time, String name) {
    int batch = c.tensor("hidden_states").shape().intDim(0);
    try (Plan plan = planner.plan(PriorTransformer.graph(config, batch, masked), weights)) {
      for (String input : new String[] {"hidden_states", "proj_embedding", "encoder_hidden_states"}) {
        PlanInputs.write(c.tensor(input), plan.input(input));
      }
      for (int n = 0; n < batch; n++) {
        plan.input("timestep").data().setAtIndex(ValueLayout.JAVA_FLOAT, n, time);
      }
      if (masked) {
        long[] mask = c.tensor("attention_mask").toLongs();
        MemorySegment bias = plan.input("attention_bias").data();
        for (int i = 0; i < mask.length; i++) {
          bias.setAtIndex(ValueLayout.JAVA_FLOAT, (long) i / config.texts() * config.tokens() + i % config.texts(),
              mask[i] == 0 ? Float.NEGATIVE_INFINITY : 0);
        }
      }
      plan.prepare();
      plan.run();
      Closeness.assertClose(name, plan.output("out"), c.tensor(name), c.maxAbs());
    }
  }

  private static void projection(ReferenceCase c, Planner planner, ModelWeights weights, boolean guided) {
    UnClipTextProjection.Config config = UnClipTextProjection.Config.of(c.map("config"));
    Tensor image = c.tensor("image_embeddings");
    Tensor states = c.tensor("text_encoder_hidden_states");
    int batch = image.shape().intDim(0);
    try (Plan plan = planner.plan(UnClipTextProjection.graph(config, guided ? batch : 0, batch, states.shape().intDim(1)), weights)) {
      PlanInputs.write(image, plan.input("image_embeddings"));
      for (String input : new String[] {"prompt_embeds", "text_encoder_hidden_states"}) {
        Tensor all = c.tensor(input);
        float[] values = all.toFloats();
        int part = guided ? 0 : values.length / 2; // the second half, which is of the texts
        MemorySegment.copy(values, part, plan.input(input).data(), ValueLayout.JAVA_FLOAT, 0, values.length - part);
      }
      plan.prepare();
      plan.run();
      String prefix = guided ? "guided_" : "unguided_";
      Closeness.assertClose(prefix + "context", plan.output("context"), c.tensor(prefix + "context"), c.maxAbs());
      Closeness.assertClose(prefix + "time", plan.output("time"), c.tensor(prefix + "time"), c.maxAbs());
    }
  }
}
