package dev.langevin.image;

import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.lang.foreign.ValueLayout;

/** A picture as CLIP's encoder reads it (arXiv:2103.00020): the middle square, reduced, normalised. */
public final class ClipPreprocessing {

  /** Mean and deviation of the training pictures' red, green and blue. */
  private static final float[] MEAN = {0.48145466f, 0.4578275f, 0.40821073f};

  private static final float[] DEVIATION = {0.26862954f, 0.26130258f, 0.27577711f};

  private ClipPreprocessing() {}

  /**
   * Normalises pictures of the encoder's size.
   *
   * @param signed (N, 3, S, S) in [-1, 1]
   * @param normalised of the same shape
   */
  public static void normalise(Tensor signed, Tensor normalised) {
    long plane = signed.shape().dim(2) * signed.shape().dim(3);
    for (long i = 0; i < signed.shape().elements(); i++) {
      int channel = (int) (i / plane % 3);
      float unit = signed.data().getAtIndex(ValueLayout.JAVA_FLOAT, i) * 0.5f + 0.5f;
      normalised.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (unit - MEAN[channel]) / DEVIATION[channel]);
    }
  }

  /**
   * Reduces the shorter side to {@code side} by bicubic interpolation and cuts out the middle.
   *
   * @return (3, side, side)
   */
  public static Tensor pixels(BufferedImage image, int side) {
    int width = image.getWidth();
    int height = image.getHeight();
    int shorter = Math.min(width, height);
    BufferedImage reduced =
        Resampling.BICUBIC.resize(image, (int) ((long) side * width / shorter), (int) ((long) side * height / shorter));
    int left = (reduced.getWidth() - side) / 2;
    int top = (reduced.getHeight() - side) / 2;
    float[] values = Images.toUnit(reduced.getSubimage(left, top, side, side)).toFloats();
    for (int i = 0; i < values.length; i++) {
      int channel = i / (side * side);
      values[i] = (values[i] - MEAN[channel]) / DEVIATION[channel];
    }
    return Tensor.ofFloats(values, 3, side, side);
  }
}
