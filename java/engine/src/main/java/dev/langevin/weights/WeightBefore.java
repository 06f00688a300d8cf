package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A weight as it is before a change, for changes that depend on it.
 *
 * @param data of the whole tensor
 */
record WeightBefore(Encoding encoding, Shape shape, MemorySegment data) {

  int rows() {
    return shape.intDim(0);
  }

  /** Elements of a row. */
  int inner() {
    return Math.toIntExact(shape.elements() / shape.dim(0));
  }

  /** Taps of a convolution's kernel; 1 for a matrix. */
  int kernel() {
    return shape.rank() < 2 ? 1 : Math.toIntExact(shape.elements() / shape.dim(0) / shape.dim(1));
  }

  /** Elements of a row; only whole blocks are decoded, and no more of them than that takes. */
  float[] part(int row, int column, int count) {
    int block = encoding.blockElements();
    int lead = column % block;
    int whole = Math.ceilDiv(lead + count, block) * block;
    float[] values = new float[whole];
    encoding.decode(data, (long) row * inner() + column - lead, whole, values);
    return lead == 0 && whole == count ? values : java.util.Arrays.copyOfRange(values, lead, lead + count);
  }
}
