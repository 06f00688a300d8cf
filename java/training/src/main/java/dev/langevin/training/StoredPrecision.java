package dev.langevin.training;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.NamedTensors;
import java.util.HashMap;
import java.util.Map;

/** The precision in which a network that was trained further is saved: that of its base. */
final class StoredPrecision {

  private StoredPrecision() {}

  /**
   * What most numbers of a component are stored in, as some writers keep its normalisations in F32.
   *
   * @return F16, BF16 or F32; F16 also for what is narrower, which holds no step of an optimiser, and F32 for F64
   */
  static DType of(NamedTensors weights) {
    Map<DType, Long> numbers = new HashMap<>();
    for (String name : weights.names()) {
      Tensor tensor = weights.tensor(name);
      if (tensor.encoding().isFloatingPoint()) {
        numbers.merge(written(tensor.encoding()), tensor.shape().elements(), Long::sum);
      }
    }
    return numbers.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey).orElse(DType.F32);
  }

  private static DType written(Encoding encoding) {
    if (encoding == DType.F32 || encoding == DType.F64) {
      return DType.F32;
    }
    return encoding == DType.BF16 ? DType.BF16 : DType.F16;
  }
}
