package dev.langevin.weights;

/** Orthogonal matrices of antisymmetric ones, by Cayley's transform. */
final class Rotations {

  private Rotations() {}

  /**
   * (1 + Q)(1 - Q)^-1 of each block, (size, size).
   *
   * @param blocks Q is each less its transpose
   * @param most Q is shortened to this norm, all blocks together; 0 for any
   */
  static double[][] of(float[] blocks, int size, double most) {
    int count = blocks.length / (size * size);
    double[][] q = new double[count][size * size];
    double squares = 0;
    for (int block = 0; block < count; block++) {
      int from = block * size * size;
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          double value = (double) blocks[from + i * size + j] - blocks[from + j * size + i];
          q[block][i * size + j] = value;
          squares += value * value;
        }
      }
    }
    double norm = Math.sqrt(squares) + 1e-8;
    double factor = most > 0 && norm > most ? most / norm : 1;
    for (double[] each : q) {
      for (int i = 0; i < each.length; i++) {
        each[i] *= factor;
      }
    }
    double[][] rotations = new double[count][];
    for (int block = 0; block < count; block++) {
      rotations[block] = cayley(q[block], size);
    }
    return rotations;
  }

  /** X (1 - Q) = 1 + Q, and 1 - Q is the transpose of 1 + Q: solved for X's transpose by elimination. */
  private static double[] cayley(double[] q, int n) {
    double[] a = new double[n * n]; // (1 - Q) transposed = 1 + Q
    double[] x = new double[n * n]; // (1 + Q) transposed = 1 - Q
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double one = i == j ? 1 : 0;
        a[i * n + j] = one + q[i * n + j];
        x[i * n + j] = one - q[i * n + j];
      }
    }
    for (int pivot = 0; pivot < n; pivot++) {
      swap(a, x, n, pivot);
      for (int row = 0; row < n; row++) {
        double factor = row == pivot ? 0 : a[row * n + pivot] / a[pivot * n + pivot];
        if (factor != 0) {
          for (int j = 0; j < n; j++) {
            a[row * n + j] -= factor * a[pivot * n + j];
            x[row * n + j] -= factor * x[pivot * n + j];
          }
        }
      }
    }
    double[] result = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        result[j * n + i] = x[i * n + j] / a[i * n + i];
      }
    }
    return result;
  }

  private static void swap(double[] a, double[] x, int n, int pivot) {
    int best = pivot;
    for (int row = pivot + 1; row < n; row++) {
      if (Math.abs(a[row * n + pivot]) > Math.abs(a[best * n + pivot])) {
        best = row;
      }
    }
    for (int j = 0; best != pivot && j < n; j++) {
      double value = a[pivot * n + j];
      a[pivot * n + j] = a[best * n + j];
      a[best * n + j] = value;
      value = x[pivot * n + j];
      x[pivot * n + j] = x[best * n + j];
      x[best * n + j] = value;
    }
  }
}
