package dev.langevin.conformance;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.Random;

/**
 * An input of an operation under test, and what it holds.
 *
 * @param below of indices: the number of rows that they point into; 0 for every other kind
 * @param values what it holds, or null for numbers drawn from a seed
 */
record Operand(Kind kind, Shape shape, int below, float[] values) {

  enum Kind {
    /** Given at each run. */
    INPUT,
    /** Read from a file: a backend may pack it, or round it to a coarser type. */
    WEIGHT,
    /** What the forward operation of a gradient computes of the operands before. */
    RESULT
  }

  static Operand x(long... dims) {
    return new Operand(Kind.INPUT, Shape.of(dims), 0, null);
  }

  static Operand x(float[] values, long... dims) {
    return new Operand(Kind.INPUT, Shape.of(dims), 0, values);
  }

  static Operand weight(long... dims) {
    return new Operand(Kind.WEIGHT, Shape.of(dims), 0, null);
  }

  static Operand indices(int below, long... dims) {
    return new Operand(Kind.INPUT, Shape.of(dims), below, null);
  }

  static Operand result(long... dims) {
    return new Operand(Kind.RESULT, Shape.of(dims), 0, null);
  }

  DType dtype() {
    return below > 0 ? DType.I64 : DType.F32;
  }

  /** Unit normals, but for weights of layers, which leave the size of what they multiply as it is. */
  Tensor draw(long seed) {
    if (values != null) {
      return Tensor.ofFloats(values, shape.dims());
    }
    Random random = new Random(seed);
    int count = Math.toIntExact(shape.elements());
    if (below > 0) {
      long[] indices = new long[count];
      for (int i = 0; i < count; i++) {
        indices[i] = random.nextInt(below);
      }
      return Tensor.ofLongs(indices, shape.dims());
    }
    double deviation = kind == Kind.WEIGHT && shape.rank() > 1 ? Math.sqrt((double) shape.dim(0) / count) : 1;
    float[] drawn = new float[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = (float) (deviation * random.nextGaussian());
    }
    return Tensor.ofFloats(drawn, shape.dims());
  }
}
