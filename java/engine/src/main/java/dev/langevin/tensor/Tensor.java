package dev.langevin.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A dense row-major array: an element type, a shape and the bytes.
 *
 * <p>The memory belongs to whoever made it: {@link #ofFloats} and {@link #allocate} put it on the Java heap's care (an
 * automatic arena), a memory-mapped weight file lends it until the file is closed. A tensor is a view and is never closed
 * itself. Reading from several threads is safe; writing is not.
 *
 * @param dtype element type
 * @param shape extents, outermost first
 * @param data exactly {@code shape.elements() * dtype.bytes()} bytes, little-endian, possibly unaligned
 */
public record Tensor(DType dtype, Shape shape, MemorySegment data) {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Alignment of memory that this class allocates: one cache line, one AVX-512 register. */
  public static final long ALIGNMENT = 64;

  public Tensor {
    long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
    if (data.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "a " + dtype + " tensor of shape " + shape + " takes " + bytes + " bytes, not " + data.byteSize());
    }
  }

  /** Zeroed memory, freed with the last reference. */
  public static Tensor allocate(DType dtype, Shape shape) {
    return allocate(dtype, shape, Arena.ofAuto());
  }

  /** Zeroed memory, freed with the arena. */
  public static Tensor allocate(DType dtype, Shape shape, Arena arena) {
    long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
    return new Tensor(dtype, shape, arena.allocate(bytes, ALIGNMENT));
  }

  /** A copy of {@code values} as f32. */
  public static Tensor ofFloats(float[] values, long... dims) {
    Shape shape = Shape.of(dims);
    if (shape.elements() != values.length) {
      throw new IllegalArgumentException("shape " + shape + " does not hold " + values.length + " values");
    }
    Tensor tensor = allocate(DType.F32, shape);
    MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
    return tensor;
  }

  /** A copy of {@code values} as i64. */
  public static Tensor ofLongs(long[] values, long... dims) {
    Shape shape = Shape.of(dims);
    if (shape.elements() != values.length) {
      throw new IllegalArgumentException("shape " + shape + " does not hold " + values.length + " values");
    }
    Tensor tensor = allocate(DType.I64, shape);
    MemorySegment.copy(values, 0, tensor.data, LONG, 0, values.length);
    return tensor;
  }

  /** The same bytes under another shape with as many elements. */
  public Tensor reshape(long... dims) {
    return new Tensor(dtype, Shape.of(dims), data);
  }

  /** Row {@code index} of the outermost axis, as a view. */
  public Tensor row(long index) {
    long[] dims = shape.dims();
    Shape rowShape = Shape.of(java.util.Arrays.copyOfRange(dims, 1, dims.length));
    long bytes = rowShape.elements() * dtype.bytes();
    return new Tensor(dtype, rowShape, data.asSlice(index * bytes, bytes));
  }

  /** Every element as f32, in row-major order; f64 is rounded, integers converted. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    if (dtype.isFloatingPoint()) {
      copyFloats(0, values.length, MemorySegment.ofArray(values));
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(i);
    }
    return values;
  }

  /** Every element as f64, in row-major order. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = toDouble(i);
    }
    return values;
  }

  /**
   * Every element as i64, in row-major order.
   *
   * @throws IllegalStateException if the elements are floating-point
   */
  public long[] toLongs() {
    if (dtype.isFloatingPoint()) {
      throw new IllegalStateException("a " + dtype + " tensor does not hold integers");
    }
    long[] values = new long[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(i);
    }
    return values;
  }

  /**
   * Copies {@code count} elements from {@code first} on, in row-major order, as f32 to the start of {@code target}.
   *
   * @throws IllegalStateException if the elements are integers: weights are never quietly reinterpreted
   */
  public void copyFloats(long first, long count, MemorySegment target) {
    switch (dtype) {
      case F32 -> MemorySegment.copy(data, first * 4, target, 0, count * 4);
      case F16, BF16, F64 -> {
        float[] values = new float[(int) Math.min(CHUNK, count)];
        short[] halves = new short[values.length];
        for (long done = 0; done < count; done += CHUNK) {
          int elements = (int) Math.min(CHUNK, count - done);
          chunk(first + done, elements, halves, values);
          MemorySegment.copy(values, 0, target, FLOAT, done * 4, elements);
        }
      }
      default -> throw new IllegalStateException("a " + dtype + " tensor does not hold floating-point values");
    }
  }

  /** Whether no element is NaN or infinite, for floating-point elements. */
  public boolean isFinite() {
    long elements = shape.elements();
    switch (dtype) {
      case F32 -> {
        int exponents = 0; // the largest magnitude's bits: a maximum over ints is vectorised, a test an element is not
        for (long i = 0; i < elements; i++) {
          exponents = Math.max(exponents, data.get(INT, i * 4) & 0x7f80_0000);
        }
        return exponents != 0x7f80_0000;
      }
      case F16, BF16 -> {
        int mask = dtype == DType.F16 ? 0x7c00 : 0x7f80;
        int exponents = 0;
        for (long i = 0; i < elements; i++) {
          exponents = Math.max(exponents, data.get(SHORT, i * 2) & mask);
        }
        return exponents != mask;
      }
      case F64 -> {
        for (long i = 0; i < elements; i++) {
          if (!Double.isFinite(data.get(DOUBLE, i * 8))) {
            return false;
          }
        }
        return true;
      }
      default -> throw new IllegalStateException("a " + dtype + " tensor does not hold floating-point values");
    }
  }

  /** Elements converted at a time: the arrays stay in the second-level cache. */
  private static final int CHUNK = 16384;

  private void chunk(long first, int count, short[] halves, float[] values) {
    if (dtype == DType.F64) {
      for (int i = 0; i < count; i++) {
        values[i] = (float) data.get(DOUBLE, (first + i) * 8);
      }
      return;
    }
    MemorySegment.copy(data, SHORT, first * 2, halves, 0, count);
    if (dtype == DType.F16) {
      for (int i = 0; i < count; i++) {
        values[i] = Float.float16ToFloat(halves[i]);
      }
    } else {
      for (int i = 0; i < count; i++) {
        values[i] = DType.bf16ToFloat(halves[i]);
      }
    }
  }

  private double toDouble(long index) {
    return switch (dtype) {
      case F64 -> data.get(DOUBLE, index * 8);
      case F32 -> data.get(FLOAT, index * 4);
      case F16 -> Float.float16ToFloat(data.get(SHORT, index * 2));
      case BF16 -> DType.bf16ToFloat(data.get(SHORT, index * 2));
      default -> integer(index);
    };
  }

  private long integer(long index) {
    return switch (dtype) {
      case I64 -> data.get(LONG, index * 8);
      case I32 -> data.get(INT, index * 4);
      case I16 -> data.get(SHORT, index * 2);
      case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
      case U8, BOOL -> Byte.toUnsignedLong(data.get(ValueLayout.JAVA_BYTE, index));
      default -> throw new AssertionError(dtype);
    };
  }

  /** Type and shape: an address tells a reader of messages nothing that he should know. */
  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
