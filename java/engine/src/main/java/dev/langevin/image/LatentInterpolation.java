package dev.langevin.image;

import dev.langevin.tensor.Tensor;
import java.util.function.IntFunction;

/**
 * Enlarges arrays of samples as torch's {@code interpolate} does without aligned corners, for a size that is asked for:
 * what lies beyond the border is the border's.
 */
public enum LatentInterpolation {
  /** The two nearest samples of each axis, linearly. */
  BILINEAR {
    @Override
    Taps at(int i, double scale) {
      double x = Math.max(0, (i + 0.5) * scale - 0.5);
      int first = (int) x;
      return new Taps(first, 1 - (x - first), x - first);
    }
  },
  /** Keys' cubic with a = -3/4. */
  BICUBIC {
    @Override
    Taps at(int i, double scale) {
      double x = (i + 0.5) * scale - 0.5;
      int first = (int) Math.floor(x);
      double t = x - first;
      return new Taps(first - 1, outer(1 + t), inner(t), inner(1 - t), outer(2 - t));
    }
  },
  /** Sample {@code floor(i * scale)}, in float32 as torch's {@code nearest}. */
  NEAREST {
    @Override
    Taps at(int i, double scale) {
      return new Taps((int) (i * (float) scale), 1);
    }
  },
  /** Sample {@code floor((i + 1/2) * scale)}, as torch's {@code nearest-exact}. */
  NEAREST_EXACT {
    @Override
    Taps at(int i, double scale) {
      return new Taps((int) ((i + 0.5f) * (float) scale), 1);
    }
  };

  private static final double A = -0.75;

  /** The weights of neighbours from {@code first} on. */
  record Taps(int first, double... weights) {}

  abstract Taps at(int i, double scale);

  private static double inner(double x) {
    return ((A + 2) * x - (A + 3)) * x * x + 1;
  }

  private static double outer(double x) {
    return ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
  }

  /**
   * Brings samples to another size, each plane by itself, in memory of their own.
   *
   * @param samples (N, C, H, W) f32; the result is (N, C, {@code height}, {@code width})
   */
  public Tensor resize(Tensor samples, int height, int width) {
    int h = samples.shape().intDim(2);
    int w = samples.shape().intDim(3);
    int planes = samples.shape().intDim(0) * samples.shape().intDim(1);
    float[] from = samples.toFloats();
    float[] to = new float[Math.toIntExact((long) planes * height * width)];
    IntFunction<Taps> rows = y -> at(y, (double) h / height);
    Taps[] columns = new Taps[width];
    for (int x = 0; x < width; x++) {
      columns[x] = at(x, (double) w / width);
    }
    for (int y = 0; y < height; y++) {
      Taps row = rows.apply(y);
      for (int x = 0; x < width; x++) {
        for (int plane = 0; plane < planes; plane++) {
          double sum = 0;
          for (int j = 0; j < row.weights.length; j++) {
            int line = (plane * h + Math.clamp(row.first + j, 0, h - 1)) * w;
            double part = 0;
            for (int k = 0; k < columns[x].weights.length; k++) {
              part += columns[x].weights[k] * from[line + Math.clamp(columns[x].first + k, 0, w - 1)];
            }
            sum += row.weights[j] * part;
          }
          to[(plane * height + y) * width + x] = (float) sum;
        }
      }
    }
    return Tensor.ofFloats(to, samples.shape().with(2, height).with(3, width).dims());
  }
}
