package dev.langevin.image;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/**
 * Changes the size of pictures in floating point by Keys' cubic with a = -1/2, widened where they shrink: torch's
 * anti-aliased bicubic.
 */
public final class Enlargement {

  private Enlargement() {}

  /**
   * Brings pictures to another size, larger or smaller, in memory of their own.
   *
   * @param pictures (N, C, H, W) f32; the result is (N, C, {@code height}, {@code width})
   */
  public static Tensor bicubic(Tensor pictures, int height, int width) {
    int h = pictures.shape().intDim(2);
    int w = pictures.shape().intDim(3);
    double[][] columns = weights(w, width);
    double[][] rows = weights(h, height);
    Tensor result = Tensor.allocate(DType.F32, pictures.shape().with(2, height).with(3, width));
    float[] all = pictures.toFloats();
    long planes = pictures.shape().dim(0) * pictures.shape().dim(1);
    for (int plane = 0; plane < planes; plane++) {
      double[][] wide = new double[h][width];
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < width; x++) {
          for (int k = 0; k < w; k++) {
            wide[y][x] += columns[x][k] * all[(plane * h + y) * w + k];
          }
        }
      }
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          double sum = 0;
          for (int k = 0; k < h; k++) {
            sum += rows[y][k] * wide[k][x];
          }
          result.data().setAtIndex(ValueLayout.JAVA_FLOAT, ((long) plane * height + y) * width + x, (float) sum);
        }
      }
    }
    return result;
  }

  /** For each of {@code to} pixels the weights of {@code from}. */
  private static double[][] weights(int from, int to) {
    double scale = (double) from / to;
    double widened = Math.max(1, scale);
    double[][] weights = new double[to][from];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      double sum = 0;
      for (int k = 0; k < from; k++) {
        weights[i][k] = Resampling.BICUBIC.at((k - centre + 0.5) / widened);
        sum += weights[i][k];
      }
      for (int k = 0; k < from; k++) {
        weights[i][k] /= sum;
      }
    }
    return weights;
  }
}
