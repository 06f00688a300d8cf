package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.LoraFile;
import dev.langevin.weights.MergedTensors;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.NamedTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of updates of every kind: the merged weights, each whole and in parts, and what the networks then give. */
final class LoraKindCases implements CaseRunner {

  private static final String MERGED = "merged.";
  private static final String OTHERS = "merged_lycoris.";

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("lora_kinds");
  }

  /** Where programs differ, the usual values are stored apart and all else is ComfyUI's. */
  @Override
  public void run(ReferenceCase c) throws Exception {
    boolean differ = c.tensors().stream().anyMatch(name -> name.startsWith(OTHERS));
    if (differ) {
      run(c, false, OTHERS);
    }
    run(c, differ, MERGED);
  }

  private static void run(ReferenceCase c, boolean asComfy, String expected) throws Exception {
    ModelFolder folder = new ModelFolder(c.model());
    Map<LoraFile, MergedTensors.Strengths> files = new LinkedHashMap<>();
    Map<String, ModelWeights> opened = new LinkedHashMap<>();
    try {
      for (String component : List.of("unet", "text_encoder", "text_encoder_2")) {
        if (folder.has(component)) {
          opened.put(component, folder.weights(component));
        }
      }
      for (String end : List.of("", "_2")) {
        JsonNode place = c.json().path(c.json().has("folder") && end.isEmpty() ? "folder" : "file" + end);
        if (place.isTextual()) {
          files.put(LoraFile.open(c.dir().resolve(place.textValue())), strengths(c, "strengths" + end, asComfy));
        }
      }
      List<String> told = new ArrayList<>();
      Map<String, NamedTensors> merged =
          MergedTensors.merge(new LinkedHashMap<>(opened), files, new Findings(Policy.USUAL, told::add));
      c.json().path("ignored_keys").forEach(key -> {
        if (told.stream().noneMatch(sentence -> sentence.contains(key.textValue()))) {
          throw new AssertionError(key + " is dropped in silence; told: " + told);
        }
      });
      weights(c, merged, expected);
      if (expected.equals(MERGED)) {
        networks(c, folder, merged);
      }
    } finally {
      files.keySet().forEach(LoraFile::close);
      opened.values().forEach(ModelWeights::close);
    }
  }

  private static MergedTensors.Strengths strengths(ReferenceCase c, String field, boolean asComfy) {
    JsonNode of = c.json().get(field);
    return new MergedTensors.Strengths(of.get("unet").doubleValue(), of.path("text_encoder").asDouble(1),
        asComfy);
  }

  private static void weights(ReferenceCase c, Map<String, NamedTensors> merged, String expected) {
    double bound = c.number("/tolerance/merged_max_abs");
    for (String name : c.tensors()) {
      if (name.startsWith(expected)) {
        int slash = name.indexOf('/');
        Tensor actual = merged.get(name.substring(expected.length(), slash)).tensor(name.substring(slash + 1));
        Closeness.assertClose(name, actual, c.tensor(name), bound);
        if (actual.shape().rank() > 1) {
          long last = actual.shape().dim(0) - 1;
          Closeness.assertClose(name + ", its last row", actual.row(last), c.tensor(name).row(last), bound);
        }
      }
    }
  }

  private static void networks(ReferenceCase c, ModelFolder folder, Map<String, NamedTensors> merged) {
    for (String backend : TestedBackend.names()) {
      Planner planner = new Planner(Backend.named(backend));
      for (Map.Entry<String, NamedTensors> each : merged.entrySet()) {
        String expected = each.getKey() + ".last_hidden_state";
        if (c.has(expected)) {
          encode(c, expected, planner, ClipConfig.of(folder.config(each.getKey()), each.getKey().endsWith("2")),
              each.getValue());
        }
      }
      unet(c, planner, UNetConditionConfig.of(folder.config("unet")), merged.get("unet"));
    }
  }

  private static void encode(
      ReferenceCase c, String expected, Planner planner, ClipConfig config, NamedTensors weights) {
    Tensor ids = c.tensor("input.input_ids");
    int length = ids.shape().intDim(1);
    String prefix = weights.has("text_model.final_layer_norm.weight") ? "text_model." : "";
    try (Plan plan =
        planner.plan(ClipText.graph(config, prefix, ids.shape().intDim(0), length, false, List.of(), 0), weights)) {
      Ports.write(plan, "input_ids", ids);
      Ports.write(plan, "end", ClipText.ends(config, ids.toLongs(), length));
      plan.run();
      Closeness.assertClose(expected, Ports.read(plan, "last_hidden_state"), c.tensor(expected), c.maxAbs());
    }
  }

  private static void unet(ReferenceCase c, Planner planner, UNetConditionConfig config, NamedTensors weights) {
    Shape shape = c.tensor("input.sample").shape(); // (N, C, H, W)
    int timeIds = c.has("input.time_ids") ? c.tensor("input.time_ids").shape().intDim(1) : 0;
    int tokens = c.tensor("input.encoder_hidden_states").shape().intDim(1);
    try (Plan plan = planner.plan(UNet2DCondition.graph(
        config, shape.intDim(0), shape.intDim(2), shape.intDim(3), tokens, timeIds, 0, false), weights)) {
      Ports.writeAll(c, "input.", plan, "sample", "timestep", "encoder_hidden_states", "text_embeds", "time_ids");
      plan.prepare();
      plan.run();
      Closeness.assertClose("unet.out", Ports.read(plan, "out"), c.tensor("unet.out"), c.maxAbs());
    }
  }
}
