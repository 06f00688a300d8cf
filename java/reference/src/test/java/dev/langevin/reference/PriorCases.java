package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelWeights;
import java.nio.file.Path;
import java.util.Arrays;

/** unCLIP's prior and what its decoder is told, on every backend. */
final class PriorCases implements CaseRunner {

  /** Name of a result without a mask, but for its timestep. */
  private static final String UNMASKED = "out_unmasked_t";

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("prior_transformer");
  }

  @Override
  public void run(ReferenceCase c) {
    boolean prior = c.className().equals("PriorTransformer");
    Path folder = c.model().resolve(prior ? "prior" : "text_proj");
    try (ModelWeights weights = ModelWeights.open(folder)) {
      for (String backend : TestedBackend.names()) {
        Planner planner = new Planner(Backend.named(backend));
        if (prior) {
          PriorConfig config = PriorConfig.of(c.map("config"));
          prior(c, planner, config, weights, true, c.json().get("timestep").floatValue(), "out");
          for (String stored : c.tensors()) {
            if (stored.startsWith(UNMASKED)) {
              prior(c, planner, config, weights, false, Float.parseFloat(stored.substring(UNMASKED.length())), stored);
            }
          }
        } else {
          projection(c, planner, weights, true);
          projection(c, planner, weights, false);
        }
      }
    }
  }

  private static void prior(ReferenceCase c, Planner planner, PriorConfig config, ModelWeights weights, boolean masked,
      float time, String name) {
    int batch = c.tensor("hidden_states").shape().intDim(0);
    try (Plan plan = planner.plan(PriorTransformer.graph(config, batch, masked), weights)) {
      for (String input : new String[] {"hidden_states", "proj_embedding", "encoder_hidden_states"}) {
        Ports.write(plan, input, c.tensor(input));
      }
      Ports.fill(plan, "timestep", time);
      if (masked) {
        long[] mask = c.tensor("attention_mask").toLongs();
        float[] bias = new float[batch * config.tokens()]; // 0 for the tokens behind the text
        for (int i = 0; i < mask.length; i++) {
          bias[i / config.texts() * config.tokens() + i % config.texts()] = mask[i] == 0 ? Float.NEGATIVE_INFINITY : 0;
        }
        Ports.write(plan, "attention_bias", bias);
      }
      plan.prepare();
      plan.run();
      Closeness.assertClose(name, Ports.read(plan, "out"), c.tensor(name), c.maxAbs());
    }
  }

  private static void projection(ReferenceCase c, Planner planner, ModelWeights weights, boolean guided) {
    UnClipTextProjection.Config config = UnClipTextProjection.Config.of(c.map("config"));
    Tensor image = c.tensor("image_embeddings");
    Tensor states = c.tensor("text_encoder_hidden_states");
    int batch = image.shape().intDim(0);
    try (Plan plan = planner
        .plan(UnClipTextProjection.graph(config, guided ? batch : 0, batch, states.shape().intDim(1)), weights)) {
      Ports.write(plan, "image_embeddings", image);
      for (String input : new String[] {"prompt_embeds", "text_encoder_hidden_states"}) {
        Tensor all = c.tensor(input);
        float[] values = all.toFloats();
        int part = guided ? 0 : values.length / 2; // the second half, which is of the texts
        Ports.write(plan, input, Arrays.copyOfRange(values, part, values.length));
      }
      plan.prepare();
      plan.run();
      String prefix = guided ? "guided_" : "unguided_";
      Closeness.assertClose(prefix + "context", Ports.read(plan, "context"), c.tensor(prefix + "context"), c.maxAbs());
      Closeness.assertClose(prefix + "time", Ports.read(plan, "time"), c.tensor(prefix + "time"), c.maxAbs());
    }
  }
}
