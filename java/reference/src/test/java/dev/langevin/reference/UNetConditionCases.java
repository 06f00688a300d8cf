package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.models.ControlNet;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelWeights;
import java.nio.file.Path;
import java.util.Map;

/** UNet2DConditionModel and ControlNetModel: one call for each stored size, on every backend. */
final class UNetConditionCases implements CaseRunner {

  private static final String[] INPUTS =
      {"sample", "timestep", "encoder_hidden_states", "class_labels", "timestep_cond",
          "text_embeds", "time_ids"};

  @Override
  public boolean accepts(ReferenceCase reference) {
    return reference.family().equals("unet2d_condition");
  }

  @Override
  public void run(ReferenceCase reference) throws Exception {
    for (String backend : TestedBackend.names()) {
      if (reference.className().equals("ControlNetModel")) {
        control(reference, backend);
        continue;
      }
      Path folder = reference.model().resolve("unet");
      UNetConditionConfig config = UNetConditionConfig.of(ReferenceCase.map(folder.resolve("config.json")));
      try (ModelWeights weights = ModelWeights.open(folder)) {
        for (JsonNode each : reference.json().get("cases")) {
          String prefix = each.get(0).asText() + ".";
          try (Plan plan = plan(reference, backend, config, weights, prefix)) {
            plan.prepare();
            plan.run();
            Closeness.assertClose(
                backend + " " + prefix + "out", Ports.read(plan, "out"), reference.tensor(prefix + "out"),
                reference.maxAbs());
          }
        }
      }
    }
  }

  private static Plan plan(
      ReferenceCase reference, String backend, UNetConditionConfig config, ModelWeights weights, String prefix) {
    Shape shape = reference.tensor(prefix + "sample").shape(); // (N, C, H, W)
    int tokens = reference.tensor(prefix + "encoder_hidden_states").shape().intDim(1);
    String ids = prefix + "added_cond_kwargs.time_ids";
    int timeIds = reference.has(ids) ? reference.tensor(ids).shape().intDim(1) : 0;
    Graph graph = UNet2DCondition.graph(
        config, shape.intDim(0), shape.intDim(2), shape.intDim(3), tokens, timeIds, 0, false);
    weights.requireFit(graph.storedWeights());
    Plan plan = new Planner(Backend.named(backend)).plan(graph, weights);
    Ports.writeAll(reference, prefix, plan, INPUTS);
    if (reference.has(prefix + "attention_mask")) {
      float[] mask = reference.tensor(prefix + "attention_mask").toFloats();
      for (int i = 0; i < mask.length; i++) {
        mask[i] = (1 - mask[i]) * -10000;
      }
      Ports.write(plan, "attention_bias", mask);
    }
    return plan;
  }

  private static void control(ReferenceCase reference, String backend) throws Exception {
    Path controlFolder = reference.model().resolve("controlnet");
    Path unetFolder = reference.model().resolve("unet");
    UNetConditionConfig control = UNetConditionConfig.of(ReferenceCase.map(controlFolder.resolve("config.json")));
    UNetConditionConfig unet = UNetConditionConfig.of(ReferenceCase.map(unetFolder.resolve("config.json")));
    Shape shape = reference.tensor("sample").shape();
    int tokens = reference.tensor("encoder_hidden_states").shape().intDim(1);
    Planner planner = new Planner(Backend.named(backend));
    try (ModelWeights controlWeights = ModelWeights.open(controlFolder);
        ModelWeights unetWeights = ModelWeights.open(unetFolder)) {
      for (Map.Entry<String, JsonNode> each : reference.json().get("variant_constants").properties()) {
        String variant = each.getKey();
        double[] scales = scales(reference, variant);
        try (Plan first = planner.plan(ControlNet.graph(
            control, shape.intDim(0), shape.intDim(2), shape.intDim(3), tokens, 0, scales), controlWeights);
            Plan second = planner.plan(UNet2DCondition.graph(
                unet, shape.intDim(0), shape.intDim(2), shape.intDim(3), tokens, 0, 0, true), unetWeights)) {
          Ports.writeAll(reference, "", first, "sample", "timestep", "encoder_hidden_states", "controlnet_cond");
          Ports.writeAll(reference, "", second, "sample", "timestep", "encoder_hidden_states");
          first.prepare();
          first.run();
          for (int i = 0; reference.has(variant + ".down." + i); i++) {
            Tensor residual = Ports.read(first, "down_residual." + i);
            closeForItsSize(backend + " ", variant + ".down." + i, residual, reference);
            Ports.write(second, "down_residual." + i, residual);
          }
          closeForItsSize(backend + " ", variant + ".mid", Ports.read(first, "mid_residual"), reference);
          Ports.write(second, "mid_residual", Ports.read(first, "mid_residual"));
          second.prepare();
          second.run();
          Closeness.assertClose(backend + " " + variant + ".unet_out", Ports.read(second, "out"),
              reference.tensor(variant + ".unet_out"), reference.maxAbs());
        }
      }
    }
  }

  /**
   * The bound is one for the main result, whose values are about 1; a residual's are up to 2.7, and float32 rounds it
   * by as much more: the reference backend, in double, differs by 5.2e-5 in one value of 2,304.
   */
  private static void closeForItsSize(String backend, String name, Tensor actual, ReferenceCase reference) {
    float[] expected = reference.tensor(name).toFloats();
    double squares = 0;
    for (float value : expected) {
      squares += value * value;
    }
    Closeness.assertClose(
        backend + name, actual, reference.tensor(name),
        reference.maxAbs() * Math.max(1, Math.sqrt(squares / expected.length)));
  }

  /** One scale for all outputs, or from the first to the last output evenly in the logarithm. */
  private static double[] scales(ReferenceCase reference, String variant) {
    String constants = "/variant_constants/" + variant + "/";
    if (reference.json().at(constants + "conditioning_scale").isNumber()) {
      return new double[] {reference.number(constants + "conditioning_scale")};
    }
    double first = reference.number(constants + "first");
    double last = reference.number(constants + "last");
    int steps = 0; // the output behind the last residual is the middle's
    while (reference.has(variant + ".down." + steps)) {
      steps++;
    }
    double[] scales = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      scales[i] = first * Math.pow(last / first, (double) i / steps);
    }
    return scales;
  }
}
