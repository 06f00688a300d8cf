package dev.langevin.backend;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A tensor that lies in a backend's memory, such as a plan's input or a sampler's register. Numbers come and go by
 * transfers, under the conditions of {@link Block}. A view: whoever allocated the block closes it.
 *
 * @param name for messages
 * @param block exactly {@code shape.elements() * dtype.bytes()} bytes
 */
public record DeviceTensor(String name, DType dtype, Shape shape, Block block) {

  /**
   * Checks that the block has the tensor's size.
   *
   * @throws IllegalArgumentException if the block is not of the size that dtype and shape take
   */
  public DeviceTensor {
    long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
    if (block.bytes() != bytes) {
      throw new IllegalArgumentException(
          name + ": " + dtype + " " + shape + " takes " + bytes + " bytes, the block has " + block.bytes());
    }
  }

  /**
   * Writes all elements, in row-major order; floating-point ones of another type are converted to f32.
   *
   * @throws IllegalArgumentException if number or type of the elements differ
   */
  public void write(Tensor values) {
    if (values.shape().elements() != shape.elements()) {
      throw new IllegalArgumentException(name + ": " + values.shape() + " does not fit " + shape);
    }
    block.upload(converted(values), 0);
  }

  /** Writes i64 elements, all of them. */
  public void write(long[] values) {
    write(Tensor.ofLongs(values, values.length));
  }

  /** Writes f32 elements, all of them. */
  public void write(float[] values) {
    requireFloats();
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(name + ": " + values.length + " values do not fit " + shape);
    }
    block.upload(MemorySegment.ofArray(values), 0);
  }

  /**
   * Writes rows {@code first} to {@code first + count - 1} of the outermost axis.
   *
   * @param rows {@code count} of them, or a divisor of it: each is then written as many times in turn
   * @throws IllegalArgumentException if the rows do not fit
   */
  public void writeRows(Tensor rows, int first, int count) {
    int given = rows.shape().intDim(0);
    if (given == 0 || count % given != 0 || !rows.shape().with(0, shape.dim(0)).equals(shape) || first < 0
        || first + count > shape.dim(0)) {
      throw new IllegalArgumentException(
          name + ": rows of " + rows.shape() + " do not fit rows " + first + " to " + (first + count - 1) + " of "
              + shape);
    }
    for (int i = 0; i < count; i++) {
      block.upload(converted(rows.row(i / (count / given))), (first + i) * rowBytes());
    }
  }

  private MemorySegment converted(Tensor values) {
    if (values.encoding() == dtype) {
      return values.data();
    }
    if (dtype != DType.F32 || !values.encoding().isFloatingPoint()) {
      throw new IllegalArgumentException(
          name + ": values of " + values.encoding().name() + " cannot be written to " + dtype);
    }
    return MemorySegment.ofArray(values.toFloats());
  }

  /** Writes one number to every element, in f32. Allocates nothing. */
  public void fill(double value) {
    requireFloats();
    block.fill(Float.floatToRawIntBits((float) value));
  }

  private void requireFloats() {
    if (dtype != DType.F32) {
      throw new IllegalArgumentException(name + " holds " + dtype + ", not F32");
    }
  }

  /** A copy of the caller's own. */
  public Tensor read() {
    Tensor copy = Tensor.allocate(dtype, shape);
    block.download(copy.data(), 0);
    return copy;
  }

  /** Copies all elements to a tensor of this type and as many elements. Allocates nothing. */
  public void readInto(Tensor target) {
    if (target.dtype() != dtype || target.shape().elements() != shape.elements()) {
      throw new IllegalArgumentException(
          name + ": " + dtype + " " + shape + " does not fit " + target.dtype() + " " + target.shape());
    }
    block.download(target.data(), 0);
  }

  /** A copy of all elements in f32. */
  public float[] toFloats() {
    return read().toFloats();
  }

  /** Row {@code index} of the outermost axis: the same memory. */
  public DeviceTensor row(long index) {
    long[] dims = shape.dims();
    return new DeviceTensor(name, dtype, Shape.of(java.util.Arrays.copyOfRange(dims, 1, dims.length)),
        block.slice(index * rowBytes(), rowBytes()));
  }

  private long rowBytes() {
    return block.bytes() / shape.dim(0);
  }
}
