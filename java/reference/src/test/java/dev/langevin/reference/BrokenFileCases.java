package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.CheckpointFile;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.WeightFile;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Broken weight files: each loads with the stored values, or is refused with a message that names it, as the formats'
 * own readers do.
 */
final class BrokenFileCases implements CaseRunner {

  /** What a message has to say beside the file's name, where the reason is the point of the file. */
  private static final Map<String, String> REASONS = Map.ofEntries(
      Map.entry("calls_function.ckpt", "builtins.eval"), Map.entry("truncated.ckpt", "was cut"),
      Map.entry("storage_too_short.ckpt", "takes 24 bytes, its entry has"),
      Map.entry("storage_missing.ckpt", "no entry 'archive/data/0'"),
      Map.entry("empty.ckpt", "is empty"),
      Map.entry("plain_text.ckpt", "is text, not a torch checkpoint; it begins with 'hello'"),
      Map.entry("is_lfs_pointer.safetensors", "git lfs pull"), Map.entry("is_html.safetensors", "web page"),
      Map.entry("is_a_pickle.safetensors", "pickled torch checkpoint"));

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("malformed") && c.json().path("files").isObject();
  }

  @Override
  public void run(ReferenceCase c) {
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : c.json().get("files").properties()) {
      String fault = fault(c, entry.getKey(), entry.getValue().get("expect").asText());
      if (fault != null) {
        faults.add(entry.getKey() + ": " + fault);
      }
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(String.join("; ", faults));
    }
  }

  private static String fault(ReferenceCase c, String name, String expect) {
    Path path = c.dir().resolve(name);
    try (WeightFile file = name.endsWith(".safetensors") ? SafetensorsFile.open(path) : CheckpointFile.open(path)) {
      if (expect.equals("error")) {
        return "was taken";
      }
      List<String> stored = new ArrayList<>();
      c.json().get("tensors").fieldNames().forEachRemaining(tensor -> {
        if (tensor.startsWith(name + "/")) {
          stored.add(tensor.substring(name.length() + 1));
        }
      });
      if (!stored.isEmpty() && !file.names().equals(new java.util.HashSet<>(stored))) {
        return "holds " + file.names() + ", expected " + stored;
      }
      for (String tensor : stored) {
        Tensor actual = file.tensor(tensor);
        Tensor expected = c.tensor(name + "/" + tensor);
        if (actual.dtype() != expected.dtype() || !actual.shape().equals(expected.shape())
            || !Arrays.equals(actual.toDoubles(), expected.toDoubles())) {
          return tensor + " is " + actual.dtype() + " " + actual.shape() + " " + Arrays.toString(actual.toDoubles())
              + ", expected "
              + expected.dtype() + " " + expected.shape() + " " + Arrays.toString(expected.toDoubles());
        }
      }
      return null;
    } catch (WeightsException e) {
      return expect.equals("load") ? "was refused: " + e.getMessage()
          : e.getMessage().contains(path.toString()) && e.getMessage().contains(REASONS.getOrDefault(name, "")) ? null
          : "the message does not name the file and '" + REASONS.get(name) + "': " + e.getMessage();
    }
  }
}
