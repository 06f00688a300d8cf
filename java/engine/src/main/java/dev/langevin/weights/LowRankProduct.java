package dev.langevin.weights;

import dev.langevin.tensor.Tensor;

/**
 * A matrix of low rank: up x down.
 *
 * @param up (rows, rank)
 * @param down (rank, inner)
 */
record LowRankProduct(int rank, int inner, float[] up, float[] down) implements Delta {

  /**
   * @param up (O, R) or (O, R, 1, 1)
   * @param down (R, I) or (R, I, KH, KW)
   */
  static LowRankProduct of(Tensor up, Tensor down) {
    int rank = down.shape().intDim(0);
    return new LowRankProduct(rank, Math.toIntExact(down.shape().elements() / rank), up.toFloats(), down.toFloats());
  }

  /**
   * With a core between the factors (Tucker): (O, I, K) = sum over a, b of up (O, a) * core (a, b, K) * down (b, I).
   *
   * @param core (R, B, KH, KW)
   * @param upTransposed whether {@code up} lies as (R, O)
   */
  static LowRankProduct of(Tensor up, boolean upTransposed, Tensor core, Tensor down) {
    int rank = core.shape().intDim(0);
    int middle = core.shape().intDim(1);
    float[] left = up.toFloats();
    return product(rank, upTransposed ? transposed(left, rank) : left,
        through(core.toFloats(), rank, middle, down.toFloats()));
  }

  private static LowRankProduct product(int rank, float[] up, float[] down) {
    return new LowRankProduct(rank, down.length / rank, up, down);
  }

  /** The core after the inner factor, as one: (a, I, K). */
  private static float[] through(float[] core, int rank, int middle, float[] down) {
    int in = down.length / middle;
    int kernel = core.length / (rank * middle);
    float[] both = new float[rank * in * kernel];
    for (int a = 0; a < rank; a++) {
      for (int b = 0; b < middle; b++) {
        for (int i = 0; i < in; i++) {
          for (int k = 0; k < kernel; k++) {
            both[(a * in + i) * kernel + k] += core[(a * middle + b) * kernel + k] * down[b * in + i];
          }
        }
      }
    }
    return both;
  }

  private static float[] transposed(float[] matrix, int rows) {
    int columns = matrix.length / rows;
    float[] result = new float[matrix.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        result[column * rows + row] = matrix[row * columns + column];
      }
    }
    return result;
  }

  int rows() {
    return up.length / rank;
  }

  /** All of it, (rows, inner). */
  float[] whole() {
    float[] values = new float[rows() * inner];
    double[] sum = new double[inner];
    for (int row = 0; row < rows(); row++) {
      java.util.Arrays.fill(sum, 0);
      add(1, row, 0, sum);
      for (int i = 0; i < inner; i++) {
        values[row * inner + i] = (float) sum[i];
      }
    }
    return values;
  }

  @Override
  public void add(double factor, int row, int column, double[] sum) {
    for (int r = 0; r < rank; r++) {
      addScaled(sum, factor * up[row * rank + r], down, r * inner + column);
    }
  }

  // of another type than what is read, the compiler knows the target for an array of its own and uses vectors: with
  // float it is 5 times slower
  private static void addScaled(double[] target, double factor, float[] source, int from) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * source[from + i];
    }
  }
}
