package dev.langevin.tensor;

import java.util.Arrays;

/** Extents of a dense row-major array, outermost first. A scalar has rank 0 and one element. Immutable. */
public final class Shape {

  private final long[] dims;

  private Shape(long[] dims) {
    this.dims = dims;
  }

  /**
   * A shape of these extents, outermost first; none for a scalar.
   *
   * @throws IllegalArgumentException if an extent is negative or the element count does not fit in a long
   */
  public static Shape of(long... dims) {
    long elements = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("shape " + Arrays.toString(dims) + " has the negative extent " + dim);
      }
      if (dim != 0 && elements > Long.MAX_VALUE / dim) {
        throw new IllegalArgumentException("shape " + Arrays.toString(dims) + " has more than 2^63 elements");
      }
      elements *= dim;
    }
    return new Shape(dims.clone());
  }

  /** How many dimensions. */
  public int rank() {
    return dims.length;
  }

  /** Extent of an axis; a negative axis counts from the end, as in torch. */
  public long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /** {@link #dim} where the extent must fit in an int. */
  public int intDim(int axis) {
    return Math.toIntExact(dim(axis));
  }

  /** A copy of the extents. */
  public long[] dims() {
    return dims.clone();
  }

  /** The product of the extents; 1 of a scalar. */
  public long elements() {
    long elements = 1;
    for (long dim : dims) {
      elements *= dim;
    }
    return elements;
  }

  /** This shape with one extent replaced; a negative axis counts from the end. */
  public Shape with(int axis, long extent) {
    long[] changed = dims.clone();
    changed[axis < 0 ? axis + dims.length : axis] = extent;
    return of(changed);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** For example {@code [2, 4, 64, 64]}. */
  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
