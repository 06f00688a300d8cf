package dev.langevin.cuda;

import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Weights in their own order, rounded to the nearest, halves to even.
 *
 * @param type F16 or BF16
 */
record HalfWeights(long elements, DataType type) implements WeightLayout {

  @Override
  public String name() {
    return type.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public long bytes() {
    return 2 * elements;
  }

  @Override
  public void pack(MemorySegment plain, MemorySegment packed) {
    if (type == DataType.F16) {
      for (long i = 0; i < elements; i++) {
        packed.setAtIndex(ValueLayout.JAVA_SHORT, i,
            Float.floatToFloat16(plain.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
      }
    } else {
      for (long i = 0; i < elements; i++) {
        packed.setAtIndex(ValueLayout.JAVA_SHORT, i, DType.floatToBf16(plain.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
      }
    }
  }
}
