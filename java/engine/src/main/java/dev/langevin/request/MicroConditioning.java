package dev.langevin.request;

import dev.langevin.tensor.Tensor;
import java.util.Arrays;

/**
 * What SDXL is told of a picture besides its text (arXiv:2307.01952, section 2.2). A null stands for the picture's own
 * size, or what the other half is told.
 *
 * @param originalSize height and width before any resizing
 * @param crop rows and columns that were cut at the top and at the left
 * @param targetSize height and width of the picture
 * @param aestheticScore of the refiner, of about 1 to 10; {@code negativeAestheticScore} for what is guided away from
 * @param negativeOriginalSize for what is guided away from, as {@code negativeCrop} and {@code negativeTargetSize}
 */
public record MicroConditioning(
    int[] originalSize,
    int[] crop,
    int[] targetSize,
    double aestheticScore,
    double negativeAestheticScore,
    int[] negativeOriginalSize,
    int[] negativeCrop,
    int[] negativeTargetSize) {

  /** The picture's own size, nothing cut. */
  public static final MicroConditioning USUAL = new MicroConditioning(null, null, null, 6, 2.5, null, null, null);

  /**
   * (1, 6), or (1, 5) with a score in the target's place, as the network takes it.
   *
   * @param scored whether the model is a refiner
   */
  public Tensor ids(int height, int width, boolean scored, boolean negative) {
    int[] size = {height, width};
    int[] original = or(originalSize, size);
    int[] cut = or(crop, new int[2]);
    int[] target = or(targetSize, size);
    if (negative) {
      cut = negativeOriginalSize == null ? or(negativeCrop, cut) : or(negativeCrop, new int[2]);
      original = or(negativeOriginalSize, original);
      target = or(negativeTargetSize, target);
    }
    float[] ids = {original[0], original[1], cut[0], cut[1], target[0], target[1]};
    if (scored) {
      ids[4] = (float) (negative ? negativeAestheticScore : aestheticScore);
      ids = Arrays.copyOf(ids, 5);
    }
    return Tensor.ofFloats(ids, 1, ids.length);
  }

  private static int[] or(int[] value, int[] otherwise) {
    return value != null ? value : otherwise;
  }
}
