package dev.langevin.weights;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The factors that bring a changed weight to learned lengths. */
final class Magnitudes {

  /** What is added to a length before it divides: the spacing of f32 at 1. */
  private static final double EPS = Math.ulp(1f);

  /** Parts that a pass over a weight is cut into, on any machine. */
  private static final int SHARES = 16;

  private Magnitudes() {}

  /**
   * Of each row or input channel, in one pass over the weight.
   *
   * @param factor of the change
   * @param ofSum whether the sum's lengths are divided by, not those before
   */
  static float[] scales(
      WeightBefore before, Delta delta, double factor, WeightUpdate.Magnitude magnitude, boolean ofSum) {
    float[] wanted = magnitude.scale().toFloats();
    int rows = before.rows();
    int share = Math.ceilDiv(rows, SHARES);
    double[] squares = new double[wanted.length];
    // in the order of the rows, whoever adds them up: a picture is to come out the same each time
    IntStream.range(0, Math.ceilDiv(rows, share)).parallel()
        .mapToObj(part -> squares(before, ofSum ? delta : null, factor, magnitude.axis(), wanted.length, part * share,
            Math.min(rows, (part + 1) * share)))
        .toList().forEach(part -> Arrays.setAll(squares, i -> squares[i] + part[i]));
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = (float) (wanted[i] / (Math.sqrt(squares[i]) + EPS));
    }
    return wanted;
  }

  /** Sums of squares by row or input channel, of some rows. */
  private static double[] squares(
      WeightBefore before, Delta delta, double factor, int axis, int count, int from, int to) {
    int inner = before.inner();
    int kernel = before.kernel();
    double[] squares = new double[count];
    double[] change = new double[inner];
    for (int row = from; row < to; row++) {
      float[] values = before.part(row, 0, inner);
      if (delta != null) {
        Arrays.fill(change, 0);
        delta.add(factor, row, 0, change);
      }
      for (int i = 0; i < inner; i++) {
        double value = values[i] + change[i];
        squares[axis == 0 ? row : i / kernel] += value * value;
      }
    }
    return squares;
  }
}
