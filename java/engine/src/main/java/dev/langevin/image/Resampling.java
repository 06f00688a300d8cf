package dev.langevin.image;

import java.awt.image.BufferedImage;

/**
 * Changes a picture's size as Pillow does, to the bit: the filter is widened where the picture shrinks, so that nothing
 * is skipped; rows first, then columns, each rounded to eight bits, in fixed-point numbers of 22 bits behind the point.
 */
public enum Resampling {
  /** A triangle that ends at 1. */
  BILINEAR(1) {
    @Override
    double at(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  },
  /** Keys' cubic with a = -1/2 (1981). */
  BICUBIC(2) {
    @Override
    double at(double x) {
      double a = -0.5;
      double d = Math.abs(x);
      return d < 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    }
  },
  /** {@code sinc(x) sinc(x / 3)} up to 3 (Duchon 1979). */
  LANCZOS(3) {
    @Override
    double at(double x) {
      return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
  };

  private static final int PRECISION = 22;

  private final double support;

  Resampling(double support) {
    this.support = support;
  }

  abstract double at(double x);

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  /** Where a pixel's window begins, and its weights. */
  private record Window(int first, int[] weights) {}

  private Window[] windows(int from, int to) {
    double scale = (double) from / to;
    double widened = Math.max(1, scale);
    double reach = support * widened;
    Window[] windows = new Window[to];
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      int first = Math.max(0, (int) (centre - reach + 0.5));
      int end = Math.min(from, (int) (centre + reach + 0.5));
      double[] weights = new double[end - first];
      double sum = 0;
      for (int k = 0; k < weights.length; k++) {
        weights[k] = at((k + first - centre + 0.5) / widened);
        sum += weights[k];
      }
      int[] fixed = new int[weights.length];
      for (int k = 0; k < fixed.length; k++) {
        double weight = weights[k] / sum * (1 << PRECISION);
        fixed[k] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
      windows[i] = new Window(first, fixed);
    }
    return windows;
  }

  /** An opaque picture of that size. */
  public BufferedImage resize(BufferedImage image, int width, int height) {
    int[] pixels = Images.pixels(image);
    if (width != image.getWidth()) {
      pixels = rows(pixels, image.getWidth(), windows(image.getWidth(), width));
    }
    if (height != image.getHeight()) {
      pixels =
          transposed(rows(transposed(pixels, width), image.getHeight(), windows(image.getHeight(), height)), height);
    }
    BufferedImage resized = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    resized.setRGB(0, 0, width, height, pixels, 0, width);
    return resized;
  }

  private static int[] transposed(int[] pixels, int width) {
    int height = pixels.length / width;
    int[] result = new int[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      result[i % width * height + i / width] = pixels[i];
    }
    return result;
  }

  private static int[] rows(int[] pixels, int width, Window[] windows) {
    int height = pixels.length / width;
    int[] result = new int[height * windows.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < windows.length; x++) {
        Window window = windows[x];
        long red = 1 << PRECISION - 1;
        long green = red;
        long blue = red;
        for (int k = 0; k < window.weights.length; k++) {
          int rgb = pixels[y * width + window.first + k];
          red += (long) window.weights[k] * (rgb >> 16 & 255);
          green += (long) window.weights[k] * (rgb >> 8 & 255);
          blue += (long) window.weights[k] * (rgb & 255);
        }
        result[y * windows.length + x] = eightBits(red) << 16 | eightBits(green) << 8 | eightBits(blue);
      }
    }
    return result;
  }

  private static int eightBits(long fixed) {
    return Math.clamp(fixed >> PRECISION, 0, 255);
  }
}
