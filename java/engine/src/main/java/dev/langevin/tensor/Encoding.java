package dev.langevin.tensor;

import java.lang.foreign.MemorySegment;

/**
 * What a run of bytes means as numbers: blocks of a fixed number of elements, each in a fixed number of bytes. The
 * plain types that are computed with are {@link DType}; {@link Float8} and {@link Scaled} are how weights lie in files.
 * Elements are decoded where they are needed, some thousands at a time, so a weight never lies decoded as a whole
 * beside what is made of it. Immutable; any thread may decode.
 */
public interface Encoding {

  /**
   * Elements converted at a time: the arrays stay in the second-level cache. A multiple of every
   * {@link #blockElements}.
   */
  int CHUNK = 16384;

  /**
   * As safetensors spells it, for example {@code F8_E4M3}; with what is done to it, for example
   * {@code F8_E4M3 scaled by row}.
   */
  String name();

  /** Elements of a block: 1 where each has bytes of its own. Rows of a tensor are whole blocks. */
  default int blockElements() {
    return 1;
  }

  /** Bytes of one block of {@link #blockElements} elements. */
  int blockBytes();

  /** Whether the elements are approximations of real numbers, as weights are; else integers. */
  boolean isFloatingPoint();

  /**
   * Writes elements as f32 to the start of {@code target}. Values that f32 does not hold are rounded.
   *
   * @param data all elements of a tensor
   * @param first of them, and {@code count}: whole blocks
   */
  void decode(MemorySegment data, long first, int count, float[] target);

  /**
   * Bytes of so many elements.
   *
   * @throws IllegalArgumentException if they are no whole blocks
   * @throws ArithmeticException if a long cannot hold the number
   */
  default long bytes(long elements) {
    if (elements % blockElements() != 0) {
      throw new IllegalArgumentException(
          elements + " elements are no whole blocks of " + blockElements() + ", which " + name() + " has");
    }
    return Math.multiplyExact(elements / blockElements(), blockBytes());
  }

  /** Whether none of the elements is NaN or infinite as f32. */
  default boolean isFinite(MemorySegment data, long elements) {
    float[] values = new float[(int) Math.min(CHUNK, elements)];
    for (long first = 0; first < elements; first += CHUNK) {
      int count = (int) Math.min(CHUNK, elements - first);
      decode(data, first, count, values);
      float sum = 0;
      for (int i = 0; i < count; i++) {
        sum += values[i] * 0; // NaN of NaN and of infinities
      }
      if (sum != 0) {
        return false;
      }
    }
    return true;
  }

  /** The encoding of the same elements from {@code first} on, whole blocks, where it depends on their place. */
  default Encoding from(long first) {
    return this;
  }
}
