package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/**
 * What ComfyUI notes of a layer's format, as JSON: in the bytes of a tensor {@code KEY.comfy_quant}, or for all layers
 * in a file's free text. Formats of 8-bit floating-point numbers say what the tensors say themselves; others give the
 * same tensors another meaning.
 */
final class ComfyQuant {

  private static final String TENSOR = "comfy_quant";

  private static final String TEXT = "_quantization_metadata";

  private static final Map<String, Float8> FORMATS =
      Map.of("float8_e4m3fn", Float8.F8_E4M3, "float8_e5m2", Float8.F8_E5M2);

  /** What may be said beside the format: that products are to be computed in full precision, as they are here. */
  private static final Set<String> KNOWN = Set.of("format", "full_precision_matrix_mult");

  private static final int MAX_BYTES = 1 << 16;

  private final NamedTensors stored;
  private final ObjectMapper json = new ObjectMapper(Json.factory().build());

  ComfyQuant(NamedTensors stored) {
    this.stored = stored;
  }

  static boolean isNote(String name) {
    return name.equals(TENSOR) || name.endsWith("." + TENSOR);
  }

  /** @throws WeightsException if the note of a layer is not understood, or not true */
  void check(String name) {
    Tensor note = stored.tensor(name);
    if (note.encoding() != DType.U8 || note.data().byteSize() > MAX_BYTES) {
      throw new WeightsException(
          stored.origin() + ": '" + name + "' is " + note.encoding().name() + note.shape() + ", must be JSON as U8");
    }
    String text = new String(note.data().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    check(name, name.substring(0, name.length() - TENSOR.length()), read(name, text));
  }

  /** @throws WeightsException if the note of a layer is not understood, or not true */
  void check(Map<String, String> metadata) {
    if (metadata.containsKey(TEXT)) {
      read(TEXT, metadata.get(TEXT)).path("layers").properties()
          .forEach(layer -> check(TEXT, layer.getKey() + ".", layer.getValue()));
    }
  }

  private JsonNode read(String what, String text) {
    try {
      return json.readTree(text);
    } catch (JsonProcessingException e) {
      throw new WeightsException(stored.origin() + ": '" + what + "' is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private void check(String what, String layer, JsonNode note) {
    Float8 format = FORMATS.get(note.path("format").asText());
    note.properties().forEach(entry -> {
      if (format == null || !KNOWN.contains(entry.getKey())) {
        throw new WeightsException(
            stored.origin() + ": '" + what + "' says of " + layer + "weight " + note + "; known are the formats "
                + FORMATS.keySet().stream().sorted().toList()
                + " without further settings; use the model's f16 or bf16 file");
      }
    });
    String weight = layer + "weight";
    if (!stored.has(weight) || stored.tensor(weight).encoding() != format) {
      throw new WeightsException(
          stored.origin() + ": '" + what + "' says of " + weight + " " + note + ", but the tensor is "
              + (stored.has(weight) ? stored.tensor(weight).encoding().name() : "not there"));
    }
  }
}
