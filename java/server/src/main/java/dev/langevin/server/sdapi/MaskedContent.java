package dev.langevin.server.sdapi;

import java.awt.image.BufferedImage;

/**
 * Fills what is painted anew with the colours around it: what is kept, blurred ever less, laid one over the other, as
 * the web UI's {@code inpainting_fill} 0.
 */
final class MaskedContent {

  /** Deviations in pixels, and how often each is laid on; the last is what is kept itself. */
  private static final int[][] LAYERS = {{256, 1}, {64, 1}, {16, 2}, {4, 4}, {2, 2}, {0, 1}};

  /** Box filters that stand in for a Gaussian. */
  private static final int BOXES = 3;

  private MaskedContent() {}

  /** @param mask of the picture's size, 255 where it is painted anew */
  static BufferedImage filled(BufferedImage image, Gray mask) {
    int width = image.getWidth();
    int height = image.getHeight();
    int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
    float[][] kept = new float[4][pixels.length]; // red, green, blue times alpha; alpha
    for (int i = 0; i < pixels.length; i++) {
      float alpha = 1 - mask.values()[i] / 255f;
      for (int c = 0; c < 3; c++) {
        kept[c][i] = alpha * (pixels[i] >> 16 - 8 * c & 255);
      }
      kept[3][i] = alpha;
    }
    float[][] sum = new float[4][pixels.length];
    for (int[] layer : LAYERS) {
      float[][] blurred = blurred(kept, width, height, layer[0]);
      for (int repeat = 0; repeat < layer[1]; repeat++) {
        layOn(sum, blurred);
      }
    }
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < pixels.length; i++) {
      float alpha = Math.max(sum[3][i], 1e-6f);
      int rgb = 0;
      for (int c = 0; c < 3; c++) {
        rgb = rgb << 8 | Math.clamp(Math.round(sum[c][i] / alpha), 0, 255);
      }
      result.setRGB(i % width, i / width, rgb);
    }
    return result;
  }

  private static void layOn(float[][] sum, float[][] layer) {
    for (int i = 0; i < sum[3].length; i++) {
      float through = 1 - layer[3][i];
      for (int c = 0; c < 4; c++) {
        sum[c][i] = layer[c][i] + through * sum[c][i];
      }
    }
  }

  private static float[][] blurred(float[][] planes, int width, int height, int deviation) {
    if (deviation == 0) {
      return planes;
    }
    int reach = (int) Math.round((Math.sqrt(12.0 * deviation * deviation / BOXES + 1) - 1) / 2); // of equal variance
    float[][] result = new float[planes.length][];
    for (int c = 0; c < planes.length; c++) {
      float[] plane = planes[c];
      for (int box = 0; box < BOXES; box++) {
        plane = box(box(plane, width, height, reach, 1, width), height, width, reach, width, 1);
      }
      result[c] = plane;
    }
    return result;
  }

  /** The mean of the pixels up to {@code reach} away along lines, the edge's pixel repeated beyond it. */
  private static float[] box(float[] from, int length, int lines, int reach, int step, int lineStep) {
    float[] to = new float[from.length];
    for (int line = 0; line < lines; line++) {
      int start = line * lineStep;
      double sum = 0;
      for (int k = -reach; k <= reach; k++) {
        sum += from[start + Math.clamp(k, 0, length - 1) * step];
      }
      for (int i = 0; i < length; i++) {
        to[start + i * step] = (float) (sum / (2 * reach + 1));
        sum += from[start + Math.min(i + reach + 1, length - 1) * step]
            - from[start + Math.max(i - reach, 0) * step];
      }
    }
    return to;
  }
}
