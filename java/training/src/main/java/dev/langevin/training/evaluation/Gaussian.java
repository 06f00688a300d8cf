package dev.langevin.training.evaluation;

import org.ojalgo.function.constant.PrimitiveMath;
import org.ojalgo.matrix.store.R064Store;

/**
 * Mean and covariance of a set of features, the Gaussian that the Fréchet distance puts in the set's place. Worth
 * keeping for a set that many others are compared with, as it is most of the work.
 *
 * @param mean (d)
 * @param covariance (d, d), symmetric; of samples it is the unbiased one, divided by n - 1. The arrays are not copied
 */
public record Gaussian(double[] mean, double[] covariance) {

  /** Rows that are multiplied at once: enough for a fast product, and 16 MB of doubles at a width of 512. */
  private static final int ROWS = 4096;

  /**
   * Checks the sizes and every value.
   *
   * @throws IllegalArgumentException if the sizes do not fit, or a value is NaN or infinite
   */
  public Gaussian {
    if (mean.length == 0 || covariance.length != (long) mean.length * mean.length) {
      throw new IllegalArgumentException(
          "Gaussian: the mean has " + mean.length + " values and the covariance " + covariance.length
              + "; wanted are d, at least 1, and d * d");
    }
    requireFinite("mean", mean);
    requireFinite("covariance", covariance);
  }

  private static void requireFinite(String name, double[] values) {
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("Gaussian: the " + name + " holds " + value);
      }
    }
  }

  /**
   * Of a set, in double precision. Fewer rows than columns give a covariance of lower rank, which is as good as any
   * other.
   *
   * @throws IllegalArgumentException if there are fewer than two rows
   */
  public static Gaussian of(Features features) {
    int n = features.rows();
    int d = features.width();
    if (n < 2) {
      throw new IllegalArgumentException("Gaussian: a covariance needs at least 2 rows, there is 1");
    }
    double[] mean = mean(features);
    R064Store sum = R064Store.FACTORY.make(d, d);
    for (int from = 0; from < n; from += ROWS) {
      R064Store centred = centred(features, mean, from, Math.min(n, from + ROWS)); // (d, rows)
      sum.modifyMatching(PrimitiveMath.ADD, centred.multiply(centred.transpose()));
    }
    double[] covariance = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        covariance[i * d + j] = sum.doubleValue(Math.max(i, j), Math.min(i, j)) / (n - 1); // the product may differ by
                                                                                           // rounding
      }
    }
    return new Gaussian(mean, covariance);
  }

  private static double[] mean(Features features) {
    int d = features.width();
    double[] mean = new double[d];
    for (int row = 0; row < features.rows(); row++) {
      for (int j = 0; j < d; j++) {
        mean[j] += features.values()[row * d + j];
      }
    }
    for (int j = 0; j < d; j++) {
      mean[j] /= features.rows();
    }
    return mean;
  }

  /** Centred before they are multiplied: E[x^2] - E[x]^2 would lose a small variance beside a large mean. */
  private static R064Store centred(Features features, double[] mean, int from, int to) {
    int d = features.width();
    R064Store columns = R064Store.FACTORY.make(d, to - from); // column by column, so in the features' own order
    for (int row = from; row < to; row++) {
      for (int j = 0; j < d; j++) {
        columns.data[(row - from) * d + j] = features.values()[row * d + j] - mean[j];
      }
    }
    return columns;
  }

  int width() {
    return mean.length;
  }
}
