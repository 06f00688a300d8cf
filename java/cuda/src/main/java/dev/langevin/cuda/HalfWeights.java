package dev.langevin.cuda;

import dev.langevin.backend.PreparedOp.WeightLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Weights in their own order, rounded to bfloat16: to the nearest, halves to even. */
record HalfWeights(long elements) implements WeightLayout {

  @Override
  public String name() {
    return "bf16";
  }

  @Override
  public long bytes() {
    return 2 * elements;
  }

  @Override
  public void pack(MemorySegment plain, MemorySegment packed) {
    for (long i = 0; i < elements; i++) {
      packed.setAtIndex(ValueLayout.JAVA_SHORT, i, rounded(plain.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
    }
  }

  /** The nearest bfloat16. */
  static short rounded(float value) {
    int bits = Float.floatToRawIntBits(value);
    boolean nan = (bits & 0x7fffffff) > 0x7f800000;
    return (short) (nan ? bits >>> 16 | 0x40 : bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
