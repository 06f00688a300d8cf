package dev.langevin.pipeline.files;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * How weights are written.
 *
 * @param encoding of all floating-point tensors, or null for each as it lies
 */
record WrittenAs(Encoding encoding) {

  /** What a tensor becomes; integers stay. */
  Encoding of(Encoding stored) {
    return !stored.isFloatingPoint() ? stored : encoding != null ? encoding : plain(stored);
  }

  private static Encoding plain(Encoding stored) {
    if (stored instanceof Enum) {
      return stored;
    }
    return stored.blockBytes() > 2 ? DType.F32 : stored.name().startsWith("BF16") ? DType.BF16 : DType.F16;
  }

  /** What torch calls it, or null where a network does not compute in it. */
  String torchName() {
    return encoding == null ? null : switch (encoding.name()) {
      case "F32" -> "float32";
      case "F16" -> "float16";
      case "BF16" -> "bfloat16";
      default -> null;
    };
  }

  void write(Path file, NamedTensors tensors, Map<String, String> metadata, Consumer<String> told) {
    Map<String, String> all = new TreeMap<>(metadata);
    all.putIfAbsent("format", "pt");
    List<String> broken = tensors.notFinite();
    if (!broken.isEmpty()) {
      told.accept(tensors.origin() + ": " + broken.size() + " tensors hold NaN or infinite values, such as "
          + broken.subList(0, Math.min(10, broken.size())) + "; so will the copy");
    }
    SafetensorsWriter.write(file, tensors, this::of, all);
    tensors.unload();
  }
}
