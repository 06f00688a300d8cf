package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Model folders with one fault each: all but the valid one are refused with a message that names file and entry. */
final class BrokenFolderCases implements CaseRunner {

  /** What a message has to name, by the word for the fault that the folder's own name holds. */
  private static final Map<String, String> ENTRIES = Map.ofEntries(
      Map.entry("missing_tensor", "conv_in.weight"), Map.entry("unexpected_tensor", "extra.weight"),
      Map.entry("wrong_shape", "conv_in.weight"), Map.entry("nan_weight", "conv_out.bias"),
      Map.entry("int_weight", "conv_in.weight"), Map.entry("no_weights", "diffusion_pytorch_model.safetensors"),
      Map.entry("no_config", "config.json"), Map.entry("no_index", "model_index.json"),
      Map.entry("index_not_json", "model_index.json"), Map.entry("unknown_pipeline", "NoSuchPipeline"),
      Map.entry("unknown_scheduler", "Scheduler"), Map.entry("unknown_block", "down_block_types"),
      Map.entry("config_mismatch", "conv_in"), Map.entry("bad_groups", "norm_num_groups"),
      Map.entry("negative_channels", "in_channels"), Map.entry("huge_channels", "block_out_channels"),
      Map.entry("bad_beta_schedule", "beta_schedule"), Map.entry("path_escape", "../../etc"));

  @Override
  public boolean accepts(ReferenceCase reference) {
    return reference.json().has("folders") && reference.family().equals("malformed");
  }

  @Override
  public void run(ReferenceCase reference) {
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : reference.json().get("folders").properties()) {
      Path folder = reference.dir().resolve(entry.getKey());
      try (Pipeline loaded = Pipelines.open(folder, TestedBackend.options().build())) {
        loaded.operations(GenerationRequest.unconditional().build());
        if (!entry.getValue().asText().equals("loads")) {
          faults.add(entry.getKey() + " was taken although " + entry.getValue().asText());
        }
      } catch (WeightsException e) {
        String named = ENTRIES.getOrDefault(entry.getKey(), "");
        if (entry.getValue().asText().equals("loads")) {
          faults.add(entry.getKey() + " was refused: " + e.getMessage());
        } else if (!e.getMessage().contains(folder.toString()) || !e.getMessage().contains(named)) {
          faults.add(entry.getKey() + ": the message does not name the file and '" + named + "': " + e.getMessage());
        }
      }
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(String.join("; ", faults));
    }
  }
}
