package dev.langevin.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A dense row-major array: what its bytes mean, a shape and the bytes.
 *
 * <p>
 * The memory belongs to whoever made it: {@link #ofFloats} and {@link #allocate} put it on the Java heap's care (an
 * automatic arena), a memory-mapped weight file lends it until the file is closed. A tensor is a view and is never
 * closed itself. Reading from several threads is safe; writing is not.
 *
 * @param encoding a {@link DType} wherever a tensor is computed with; weights as they are stored have others too
 * @param shape extents, outermost first
 * @param data exactly {@code encoding.bytes(shape.elements())} bytes, little-endian, possibly unaligned
 */
public record Tensor(Encoding encoding, Shape shape, MemorySegment data) {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Alignment of memory that this class allocates: one cache line, one AVX-512 register. */
  public static final long ALIGNMENT = 64;

  /**
   * Checks that the data has the size of the tensor.
   *
   * @throws IllegalArgumentException if the data is not of the size that encoding and shape take
   */
  public Tensor {
    long bytes = encoding.bytes(shape.elements());
    if (data.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "a " + encoding.name() + " tensor of shape " + shape + " takes " + bytes + " bytes, not " + data.byteSize());
    }
  }

  /** Zeroed memory, freed with the last reference. */
  public static Tensor allocate(DType dtype, Shape shape) {
    return allocate(dtype, shape, Arena.ofAuto());
  }

  /** Zeroed memory, freed with the arena. */
  public static Tensor allocate(DType dtype, Shape shape, Arena arena) {
    return new Tensor(dtype, shape, arena.allocate(dtype.bytes(shape.elements()), ALIGNMENT));
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

  /**
   * The element type.
   *
   * @throws IllegalStateException if the elements are encoded in another way, so that nobody takes the bytes for plain
   *   values
   */
  public DType dtype() {
    if (encoding instanceof DType dtype) {
      return dtype;
    }
    throw new IllegalStateException(
        "a tensor of " + encoding.name() + " has no plain element type; decode it by toFloats or copyFloats");
  }

  /** The same bytes under another shape with as many elements. */
  public Tensor reshape(long... dims) {
    return new Tensor(encoding, Shape.of(dims), data);
  }

  /** Row {@code index} of the outermost axis, as a view. */
  public Tensor row(long index) {
    long[] dims = shape.dims();
    Shape rowShape = Shape.of(java.util.Arrays.copyOfRange(dims, 1, dims.length));
    long bytes = encoding.bytes(rowShape.elements());
    return new Tensor(encoding.from(index * rowShape.elements()), rowShape, data.asSlice(index * bytes, bytes));
  }

  /** Every element as f32, in row-major order; f64 is rounded, integers converted. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    decode(0, values.length, MemorySegment.ofArray(values));
    return values;
  }

  /** Every element as f64, in row-major order. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(shape.elements())];
    float[] floats = encoding.isFloatingPoint() && encoding != DType.F64 ? toFloats() : null;
    for (int i = 0; i < values.length; i++) {
      values[i] =
          floats != null ? floats[i] : encoding == DType.F64 ? data.get(DOUBLE, 8L * i) : dtype().integer(data, i);
    }
    return values;
  }

  /**
   * Every element as i64, in row-major order.
   *
   * @throws IllegalStateException if the elements are floating-point
   */
  public long[] toLongs() {
    if (encoding.isFloatingPoint()) {
      throw new IllegalStateException("a " + encoding.name() + " tensor does not hold integers");
    }
    long[] values = new long[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = dtype().integer(data, i);
    }
    return values;
  }

  /**
   * Copies {@code count} elements from {@code first} on, in row-major order, as f32 to the start of {@code target}.
   *
   * @throws IllegalStateException if the elements are integers: weights are never quietly reinterpreted
   */
  public void copyFloats(long first, long count, MemorySegment target) {
    requireFloatingPoint();
    decode(first, count, target);
  }

  private void decode(long first, long count, MemorySegment target) {
    if (encoding == DType.F32) {
      MemorySegment.copy(data, first * 4, target, 0, count * 4);
      return;
    }
    float[] values = new float[(int) Math.min(Encoding.CHUNK, count)];
    short[] halves = encoding instanceof DType ? new short[values.length] : null;
    for (long done = 0; done < count; done += Encoding.CHUNK) {
      int elements = (int) Math.min(Encoding.CHUNK, count - done);
      if (encoding instanceof DType dtype) {
        dtype.decode(data, first + done, elements, values, halves);
      } else {
        encoding.decode(data, first + done, elements, values);
      }
      MemorySegment.copy(values, 0, target, FLOAT, done * 4, elements);
    }
  }

  /** Whether no element is NaN or infinite, for floating-point elements. */
  public boolean isFinite() {
    requireFloatingPoint();
    return encoding.isFinite(data, shape.elements());
  }

  private void requireFloatingPoint() {
    if (!encoding.isFloatingPoint()) {
      throw new IllegalStateException("a " + encoding.name() + " tensor does not hold floating-point values");
    }
  }

  /** Type and shape: an address tells a reader of messages nothing that he should know. */
  @Override
  public String toString() {
    return encoding.name() + " " + shape;
  }
}
