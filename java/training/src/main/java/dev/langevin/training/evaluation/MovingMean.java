package dev.langevin.training.evaluation;

/**
 * A curve smoothed by the mean of the points up to half a window before and after, fewer at the ends, so that it does
 * not lag behind.
 */
final class MovingMean {

  /** A window is about one in so many of all points. */
  private static final int WINDOWS = 40;

  private MovingMean() {}

  static LossChart.Series of(LossChart.Series series) {
    double[] values = series.values();
    int half = values.length / WINDOWS / 2;
    int window = 2 * half + 1;
    double[] upTo = new double[values.length]; // from the beginning of its block of a window's length
    double[] onwards = new double[values.length]; // to the end of its block
    for (int i = 0; i < values.length; i++) {
      upTo[i] = values[i] + (i % window == 0 ? 0 : upTo[i - 1]);
    }
    for (int i = values.length - 1; i >= 0; i--) {
      onwards[i] = values[i] + (i % window == window - 1 || i == values.length - 1 ? 0 : onwards[i + 1]);
    }
    double[] means = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int first = Math.max(0, i - half);
      int last = Math.min(values.length - 1, i + half);
      means[i] = sum(upTo, onwards, first, last, window) / (last - first + 1);
    }
    return new LossChart.Series(series.name(), series.steps(), means);
  }

  /**
   * A window reaches over two blocks at most, and within one it begins or ends where the block does. A running sum that
   * subtracts what leaves the window would after one loss of 1e20 hold nothing but that one's rounding.
   */
  private static double sum(double[] upTo, double[] onwards, int first, int last, int window) {
    if (first / window != last / window) {
      return onwards[first] + upTo[last];
    }
    return first % window == 0 ? upTo[last] : onwards[first];
  }
}
