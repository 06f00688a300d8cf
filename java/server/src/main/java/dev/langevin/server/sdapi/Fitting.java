package dev.langevin.server.sdapi;

import dev.langevin.image.Resampling;
import java.awt.image.BufferedImage;

/** How a picture of another shape becomes one of a size: the web UI's {@code resize_mode}. */
enum Fitting {
  /** Stretched. */
  STRETCHED,
  /** Covering all of the size, what reaches beyond it cut off. */
  CROPPED,
  /** Within the size, its edge's pixels repeated around it. */
  FILLED;

  /** By {@code resize_mode}'s number; null for one that is not here. */
  static Fitting of(int mode) {
    return mode >= 0 && mode < values().length ? values()[mode] : null;
  }

  BufferedImage fit(BufferedImage image, int width, int height) {
    if (image.getWidth() == width && image.getHeight() == height) {
      return image;
    }
    boolean wide = (long) image.getWidth() * height > (long) width * image.getHeight();
    if (this == STRETCHED) {
      return Resampling.LANCZOS.resize(image, width, height);
    }
    boolean byHeight = wide == (this == CROPPED);
    int w = byHeight ? Math.max(1, image.getWidth() * height / image.getHeight()) : width;
    int h = byHeight ? height : Math.max(1, image.getHeight() * width / image.getWidth());
    return placed(Resampling.LANCZOS.resize(image, w, h), width, height);
  }

  /** In the middle of a picture of that size, whose other pixels are the nearest of it. */
  private static BufferedImage placed(BufferedImage image, int width, int height) {
    int left = width / 2 - image.getWidth() / 2;
    int top = height / 2 - image.getHeight() / 2;
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        result.setRGB(x, y, image.getRGB(Math.clamp(x - left, 0, image.getWidth() - 1),
            Math.clamp(y - top, 0, image.getHeight() - 1)));
      }
    }
    return result;
  }
}
