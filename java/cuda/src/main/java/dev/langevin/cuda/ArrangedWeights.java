package dev.langevin.cuda;

import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * A convolution's weights (K, C, KH, KW) as (K, KH, KW, C), in a type that an engine multiplies.
 *
 * @param pixels KH * KW
 */
record ArrangedWeights(long outputs, long channels, long pixels, DataType type) implements WeightLayout {

  /** That of a weight, or null where the plain layout is the same. */
  static WeightLayout of(Shape shape, DataType type) {
    if (shape.rank() != 4 || shape.dim(2) * shape.dim(3) == 1) {
      return switch (type) {
        case F32 -> null;
        case F16, BF16 -> new HalfWeights(shape.elements(), type);
        default -> new ArrangedWeights(shape.elements(), 1, 1, type);
      };
    }
    return new ArrangedWeights(shape.dim(0), shape.dim(1), shape.dim(2) * shape.dim(3), type);
  }

  @Override
  public String name() {
    return (pixels == 1 ? "" : "krsc:") + type.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public long bytes() {
    return outputs * channels * pixels * type.bytes();
  }

  @Override
  public void pack(MemorySegment plain, MemorySegment packed) {
    long to = 0;
    for (long k = 0; k < outputs; k++) {
      for (long p = 0; p < pixels; p++) {
        for (long c = 0; c < channels; c++) {
          float value = plain.getAtIndex(ValueLayout.JAVA_FLOAT, (k * channels + c) * pixels + p);
          switch (type) {
            case F32 -> packed.setAtIndex(ValueLayout.JAVA_FLOAT, to, value);
            case F16 -> packed.setAtIndex(ValueLayout.JAVA_SHORT, to, Float.floatToFloat16(value));
            case BF16 -> packed.setAtIndex(ValueLayout.JAVA_SHORT, to, DType.floatToBf16(value));
            default -> throw new IllegalStateException("weights of " + type + " have a scale of their own");
          }
          to++;
        }
      }
    }
  }
}
