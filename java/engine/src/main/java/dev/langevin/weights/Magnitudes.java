package dev.langevin.weights;

import java.util.Arrays;

/** The factors that bring a changed weight to learned lengths. */
final class Magnitudes {

  /** What is added to a length before it divides: the spacing of f32 at 1. */
  private static final double EPS = Math.ulp(1f);

  private Magnitudes() {}

  /**
   * Of each row or input channel, in one pass over the weight.
   *
   * @param factor of the change
   */
  static float[] scales(WeightBefore before, Delta delta, double factor, WeightUpdate.Magnitude magnitude) {
    float[] wanted = magnitude.scale().toFloats();
    double[] squares = new double[wanted.length];
    int inner = before.inner();
    int kernel = before.kernel();
    double[] change = new double[inner];
    for (int row = 0; row < before.rows(); row++) {
      float[] values = before.part(row, 0, inner);
      Arrays.fill(change, 0);
      if (magnitude.ofSum() || magnitude.axis() == 1) {
        delta.add(factor, row, 0, change);
      }
      for (int i = 0; i < inner; i++) {
        double value = values[i] + change[i];
        squares[magnitude.axis() == 0 ? row : i / kernel] += value * value;
      }
    }
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = (float) (wanted[i] / (Math.sqrt(squares[i]) + EPS));
    }
    return wanted;
  }
}
