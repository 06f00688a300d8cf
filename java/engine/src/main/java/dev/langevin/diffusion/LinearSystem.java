package dev.langevin.diffusion;

/** A few linear equations. */
public final class LinearSystem {

  private LinearSystem() {}

  /** Gaussian elimination with partial pivoting; both arguments are overwritten. */
  public static double[] solve(double[][] matrix, double[] right) {
    int n = right.length;
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column + 1; row < n; row++) {
        pivot = Math.abs(matrix[row][column]) > Math.abs(matrix[pivot][column]) ? row : pivot;
      }
      double[] pivotRow = matrix[pivot];
      matrix[pivot] = matrix[column];
      matrix[column] = pivotRow;
      double value = right[pivot];
      right[pivot] = right[column];
      right[column] = value;
      for (int row = column + 1; row < n; row++) {
        double factor = matrix[row][column] / pivotRow[column];
        for (int k = column; k < n; k++) {
          matrix[row][k] -= factor * pivotRow[k];
        }
        right[row] -= factor * value;
      }
    }
    for (int row = n - 1; row >= 0; row--) {
      for (int k = row + 1; k < n; k++) {
        right[row] -= matrix[row][k] * right[k];
      }
      right[row] /= matrix[row][row];
    }
    return right;
  }
}
