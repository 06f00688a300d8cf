package dev.langevin.training.evaluation;

import java.util.SplittableRandom;

/** Sets of features for tests. */
final class Points {

  private Points() {}

  /** Independent standard normal values, times a scale, plus a shift. */
  static Features normal(long seed, int rows, int width, double scale, double shift) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[rows * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * random.nextGaussian() + shift);
    }
    return new Features(rows, width, values);
  }

  /** Points on a line. */
  static Features line(double... positions) {
    float[] values = new float[positions.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) positions[i];
    }
    return new Features(values.length, 1, values);
  }
}
