package dev.langevin.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Element type of a {@link Tensor} that is computed with; values are stored little-endian. */
public enum DType implements Encoding {
  /** 64-bit floating point. */
  F64(8),
  /** 32-bit floating point. */
  F32(4),
  /** 16-bit floating point, IEEE 754. */
  F16(2),
  /** The upper half of an F32. */
  BF16(2),
  /** Signed, 64 bits. */
  I64(8),
  /** Signed, 32 bits. */
  I32(4),
  /** Signed, 16 bits. */
  I16(2),
  /** Signed, 8 bits. */
  I8(1),
  /** Unsigned, 8 bits. */
  U8(1),
  /** 0 or 1 in a byte. */
  BOOL(1);

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  @Override
  public int blockBytes() {
    return bytes;
  }

  @Override
  public boolean isFloatingPoint() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  @Override
  public void decode(MemorySegment data, long first, int count, float[] target) {
    decode(data, first, count, target, new short[count]);
  }

  /**
   * @param halves room for as many elements, used for those of 16 bits: one for many calls leaves the collector nothing
   *   to do
   */
  void decode(MemorySegment data, long first, int count, float[] target, short[] halves) {
    switch (this) {
      case F32 -> MemorySegment.copy(data, FLOAT, first * 4, target, 0, count);
      case F64 -> {
        for (int i = 0; i < count; i++) {
          target[i] = (float) data.get(DOUBLE, (first + i) * 8);
        }
      }
      case F16, BF16 -> {
        MemorySegment.copy(data, SHORT, first * 2, halves, 0, count);
        widen(halves, count, target);
      }
      default -> {
        for (int i = 0; i < count; i++) {
          target[i] = integer(data, first + i);
        }
      }
    }
  }

  private void widen(short[] halves, int count, float[] target) {
    if (this == F16) {
      for (int i = 0; i < count; i++) {
        target[i] = Float.float16ToFloat(halves[i]);
      }
    } else {
      for (int i = 0; i < count; i++) {
        target[i] = bf16ToFloat(halves[i]);
      }
    }
  }

  /** An element of an integer type. */
  long integer(MemorySegment data, long index) {
    return switch (this) {
      case I64 -> data.get(LONG, index * 8);
      case I32 -> data.get(INT, index * 4);
      case I16 -> data.get(SHORT, index * 2);
      case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
      case U8, BOOL -> Byte.toUnsignedLong(data.get(ValueLayout.JAVA_BYTE, index));
      default -> throw new IllegalStateException(this + " elements are no integers");
    };
  }

  /** The largest magnitude's bits tell it: a maximum over ints is vectorised, a test an element is not. */
  @Override
  public boolean isFinite(MemorySegment data, long elements) {
    int exponents = 0;
    switch (this) {
      case F32 -> {
        for (long i = 0; i < elements; i++) {
          exponents = Math.max(exponents, data.get(INT, i * 4) & 0x7f80_0000);
        }
        return exponents != 0x7f80_0000;
      }
      case F16, BF16 -> {
        int mask = this == F16 ? 0x7c00 : 0x7f80;
        for (long i = 0; i < elements; i++) {
          exponents = Math.max(exponents, data.get(SHORT, i * 2) & mask);
        }
        return exponents != mask;
      }
      case F64 -> {
        for (long i = 0; i < elements; i++) {
          if (!Float.isFinite((float) data.get(DOUBLE, i * 8))) {
            return false;
          }
        }
        return true;
      }
      default -> {
        return true;
      }
    }
  }

  /** Widens the upper half of an f32 back to f32: exact. */
  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Rounds to the nearest bfloat16, ties to even; a NaN stays a NaN. */
  public static short floatToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40); // a payload in the lower half must not round to infinity
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }
}
