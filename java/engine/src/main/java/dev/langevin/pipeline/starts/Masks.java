package dev.langevin.pipeline.starts;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;

/** What painting a part of a picture anew needs, for networks that see the mask and for those that do not. */
final class Masks {

  private Masks() {}

  /**
   * 1 where the picture is painted anew, at the latents' pixels (1, 1, h, w): the nearest pixel of the mask (1, H, W).
   */
  static Tensor mask(Tensor full, int height, int width) {
    float[] values = full.toFloats();
    int h = full.shape().intDim(1);
    int w = full.shape().intDim(2);
    float[] small = new float[height * width];
    for (int i = 0; i < small.length; i++) {
      small[i] = values[i / width * h / height * w + i % width * w / width] >= 0.5f ? 1 : 0;
    }
    return Tensor.ofFloats(small, 1, 1, height, width);
  }

  /** The picture (1, 3, H, W) with 0 where it is painted anew. */
  static Tensor masked(Tensor image, Tensor mask) {
    float[] paint = mask.toFloats();
    float[] values = image.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = paint[i % paint.length] < 0.5f ? values[i] : 0;
    }
    return Tensor.ofFloats(values, image.shape().dims());
  }

  /** The mask before each row of the latents (N, 1 + L, h, w). */
  static Tensor stack(Tensor mask, Tensor latents) {
    float[] before = mask.toFloats();
    float[] rows = latents.toFloats();
    Shape shape = latents.shape();
    int each = rows.length / shape.intDim(0);
    float[] all = new float[(before.length + each) * shape.intDim(0)];
    for (int n = 0; n < shape.intDim(0); n++) {
      System.arraycopy(before, 0, all, n * (before.length + each), before.length);
      System.arraycopy(rows, n * each, all, n * (before.length + each) + before.length, each);
    }
    return Tensor.ofFloats(all, shape.with(1, shape.dim(1) + 1).dims());
  }

  /** A picture (C, H, W) in [0, 1] as a batch of one (1, C, H, W) in [-1, 1]. */
  static Tensor signed(Tensor unit) {
    float[] values = unit.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * values[i] - 1;
    }
    long[] dims = unit.shape().dims();
    long[] batch = new long[dims.length + 1];
    batch[0] = 1;
    System.arraycopy(dims, 0, batch, 1, dims.length);
    return Tensor.ofFloats(values, batch);
  }
}
