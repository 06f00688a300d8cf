package dev.langevin.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Floating-point numbers of 8 bits: a sign, an exponent, a mantissa (Micikevicius et al., arXiv:2209.05433; the
 * {@code FNUZ} kinds, Noune et al., arXiv:2206.02915; the scale factors {@code E8M0}, OCP Microscaling Formats 1.0).
 * Constants are named as in safetensors; {@code F8_E4M3} is what torch calls float8_e4m3fn.
 */
public enum Float8 implements Encoding {
  /** No infinity: NaN is all ones, the largest number 448. */
  F8_E4M3(4, 7, 0x7f),
  /** Infinity and NaN as in IEEE 754; the largest number is 57,344. */
  F8_E5M2(5, 15, 0x7c),
  /** No infinity and no negative zero, whose code is NaN. */
  F8_E4M3FNUZ(4, 8, 0x80),
  /** As {@link #F8_E4M3FNUZ}. */
  F8_E5M2FNUZ(5, 16, 0x80),
  /** Powers of two: no sign, no mantissa, no zero. */
  F8_E8M0(8, 127, 0xff);

  private final int mantissaBits;
  private final int bias;
  private final int overflow; // the code, without its sign, behind the largest number
  private final float[] values = new float[256];

  Float8(int exponentBits, int bias, int overflow) {
    this.mantissaBits = Math.max(0, 7 - exponentBits);
    this.bias = bias;
    this.overflow = overflow;
    for (int code = 0; code < values.length; code++) {
      values[code] = exponentBits == 8 ? power(code) : value(code);
    }
  }

  private float power(int code) {
    return code == overflow ? Float.NaN : Math.scalb(1f, code - bias);
  }

  private float value(int code) {
    int magnitude = code & 0x7f;
    float sign = code == magnitude ? 1 : -1;
    if (magnitude == 0x7c && overflow == 0x7c) {
      return sign * Float.POSITIVE_INFINITY;
    }
    if (magnitude >= overflow || code == overflow) {
      return Float.NaN;
    }
    int mantissa = magnitude & (1 << mantissaBits) - 1;
    int exponent = magnitude >> mantissaBits;
    return sign * (exponent == 0
        ? Math.scalb((float) mantissa, 1 - bias - mantissaBits) // subnormal
        : Math.scalb((float) (mantissa + (1 << mantissaBits)), exponent - bias - mantissaBits));
  }

  @Override
  public int blockBytes() {
    return 1;
  }

  @Override
  public boolean isFloatingPoint() {
    return true;
  }

  /** The number that a code stands for. */
  public float value(byte code) {
    return values[Byte.toUnsignedInt(code)];
  }

  @Override
  public void decode(MemorySegment data, long first, int count, float[] target) {
    for (int i = 0; i < count; i++) {
      target[i] = values[data.get(ValueLayout.JAVA_BYTE, first + i) & 0xff];
    }
  }

  /**
   * By the largest code without its sign, where numbers that are not finite lie behind all others: a maximum is
   * vectorised.
   */
  @Override
  public boolean isFinite(MemorySegment data, long elements) {
    if (overflow > 0x7f) {
      return Encoding.super.isFinite(data, elements);
    }
    byte[] codes = new byte[(int) Math.min(CHUNK, elements)];
    for (long first = 0; first < elements; first += CHUNK) {
      int count = (int) Math.min(CHUNK, elements - first);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, first, codes, 0, count);
      int largest = 0;
      for (int i = 0; i < count; i++) {
        largest = Math.max(largest, codes[i] & 0x7f);
      }
      if (largest >= overflow) {
        return false;
      }
    }
    return true;
  }

  /**
   * The code of the nearest number, of two that are as near the one with an even mantissa, as torch 2.13 casts: what is
   * too large, an infinity too, becomes the largest number of {@link #F8_E4M3}, an infinity of {@link #F8_E5M2}.
   *
   * @throws IllegalStateException for the other formats, which nothing writes
   */
  public byte round(float value) {
    if (this != F8_E4M3 && this != F8_E5M2) {
      throw new IllegalStateException("numbers are rounded to F8_E4M3 and F8_E5M2, not to " + this);
    }
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    if (Float.isNaN(value)) {
      return (byte) (sign | 0x7f);
    }
    int largest = this == F8_E4M3 ? overflow - 1 : overflow;
    int exponent = Math.max(1 - bias, Math.getExponent(value));
    if (exponent > bias + 1) { // infinities too
      return (byte) (sign | largest);
    }
    // a mantissa that rounds up to the next power of two carries into the exponent; a subnormal one has no leading one
    // to take off
    int steps = (int) Math.rint(Math.scalb((double) Math.abs(value), mantissaBits - exponent));
    int code = (exponent + bias - 1 << mantissaBits) + steps;
    return (byte) (sign | Math.min(code, largest));
  }
}
