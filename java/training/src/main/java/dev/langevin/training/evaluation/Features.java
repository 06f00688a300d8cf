package dev.langevin.training.evaluation;

import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Vectors that stand for pictures, one a row: what a layer of a classifier says of them, its logits, or their pixels.
 * The measures of this package compare sets of them by the Euclidean distance between rows, so all that they say is
 * relative to what made the vectors.
 *
 * @param rows how many pictures, at least 1
 * @param width of a vector, at least 1
 * @param values (rows, width), row by row, from -10^15 to 10^15; not copied, so not to be written afterwards
 */
public record Features(int rows, int width, float[] values) {

  /** Squares of differences of such values can be added up, for any width, in a float. */
  private static final float GREATEST = 1e15f;

  /**
   * Checks the sizes and every value.
   *
   * @throws IllegalArgumentException if it is empty, the sizes do not fit, or a value is NaN, infinite or out of range
   */
  public Features {
    if (rows < 1 || width < 1) {
      throw new IllegalArgumentException(
          "features: " + rows + " rows of " + width + " values; at least one row of one value is needed");
    }
    if (values.length != elements(rows, width)) {
      throw new IllegalArgumentException(
          "features: " + rows + " rows of " + width + " values are " + elements(rows, width) + ", the array holds "
              + values.length);
    }
    for (int i = 0; i < values.length; i++) {
      if (!(Math.abs(values[i]) <= GREATEST)) {
        throw new IllegalArgumentException(
            "features: row " + i / width + " holds " + values[i] + " in column " + i % width
                + "; was the picture or the network that it comes from broken?");
      }
    }
  }

  private static int elements(int rows, int width) {
    long elements = (long) rows * width;
    if (elements > Integer.MAX_VALUE - 8) { // the longest array that a JVM gives
      throw new IllegalArgumentException(
          "features: " + rows + " rows of " + width
              + " values are more than one array holds; take fewer rows or smaller pictures");
    }
    return (int) elements;
  }

  /**
   * From rows of equal width.
   *
   * @throws IllegalArgumentException as the constructor, or if widths differ
   */
  public static Features of(float[][] rows) {
    return collect(rows.length, i -> rows[i]);
  }

  /**
   * From a network's outputs, batch after batch.
   *
   * @param batches (N, width) each; N may differ
   * @throws IllegalArgumentException as the constructor, or if widths differ
   */
  public static Features of(List<Tensor> batches) {
    int rows = 0;
    for (Tensor batch : batches) {
      if (batch.shape().rank() != 2) {
        throw new IllegalArgumentException("features: a batch has shape " + batch.shape() + ", wanted is (N, width)");
      }
      rows += batch.shape().intDim(0);
    }
    int width = batches.isEmpty() ? 0 : batches.getFirst().shape().intDim(1);
    float[] values = new float[elements(rows, width)];
    int row = 0;
    for (Tensor batch : batches) {
      requireWidth(row, batch.shape().intDim(1), width);
      System.arraycopy(batch.toFloats(), 0, values, row * width, batch.shape().intDim(0) * width);
      row += batch.shape().intDim(0);
    }
    return new Features(rows, width, values);
  }

  /**
   * The pictures' own red, green and blue values in [0, 1], each colour after the other.
   *
   * @throws IllegalArgumentException if there is no picture or their sizes differ
   */
  public static Features ofPixels(List<BufferedImage> images) {
    return collect(images.size(), i -> Images.toUnit(images.get(i)).toFloats());
  }

  private static Features collect(int rows, IntFunction<float[]> row) {
    float[] first = rows == 0 ? new float[0] : row.apply(0);
    float[] values = new float[elements(rows, first.length)];
    for (int i = 0; i < rows; i++) {
      float[] vector = row.apply(i);
      requireWidth(i, vector.length, first.length);
      System.arraycopy(vector, 0, values, i * first.length, first.length);
    }
    return new Features(rows, first.length, values);
  }

  private static void requireWidth(int row, int width, int first) {
    if (width != first) {
      throw new IllegalArgumentException("features: row " + row + " has " + width + " values, row 0 has " + first);
    }
  }

  /** @throws IllegalArgumentException if the two sets' vectors cannot be compared */
  void requireSameWidth(Features other) {
    if (width != other.width) {
      throw new IllegalArgumentException(
          "features: one set has vectors of " + width + " values, the other of " + other.width
              + "; both must come from the same network and layer");
    }
  }
}
