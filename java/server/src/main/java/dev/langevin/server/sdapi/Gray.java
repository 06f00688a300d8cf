package dev.langevin.server.sdapi;

import java.awt.image.BufferedImage;

/**
 * A mask: one byte a pixel, 255 where a picture is painted anew. Immutable by convention: nobody writes to
 * {@code values}.
 *
 * @param values (height, width), 0 to 255
 */
record Gray(int width, int height, int[] values) {

  /** Values from here on are white. */
  private static final int HALF = 128;

  /**
   * Of a picture: its alpha where any of it lets light through, else its brightness (ITU-R BT.601); black and white, as
   * the web UI makes it of both.
   */
  static Gray maskOf(BufferedImage image) {
    int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    boolean byAlpha = false;
    for (int i = 0; i < pixels.length && !byAlpha; i++) {
      byAlpha = pixels[i] >>> 24 != 255;
    }
    int[] values = new int[pixels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byAlpha ? pixels[i] >>> 24 : luma(pixels[i])) >= HALF ? 255 : 0;
    }
    return new Gray(image.getWidth(), image.getHeight(), values);
  }

  private static int luma(int rgb) {
    return (rgb >> 16 & 255) * 19595 + (rgb >> 8 & 255) * 38470 + (rgb & 255) * 7471 + 0x8000 >> 16;
  }

  static Gray of(BufferedImage gray) {
    int[] values = gray.getRGB(0, 0, gray.getWidth(), gray.getHeight(), null, 0, gray.getWidth());
    for (int i = 0; i < values.length; i++) {
      values[i] &= 255;
    }
    return new Gray(gray.getWidth(), gray.getHeight(), values);
  }

  /** Opaque, gray in all three colours. */
  BufferedImage image() {
    int[] pixels = new int[values.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = values[i] * 0x010101;
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, width, height, pixels, 0, width);
    return image;
  }

  Gray inverted() {
    int[] inverted = new int[values.length];
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = 255 - values[i];
    }
    return new Gray(width, height, inverted);
  }

  /** Twice as white, at most 255. */
  Gray doubled() {
    int[] doubled = new int[values.length];
    for (int i = 0; i < doubled.length; i++) {
      doubled[i] = Math.min(255, 2 * values[i]);
    }
    return new Gray(width, height, doubled);
  }

  Gray part(Rectangle part) {
    int[] cut = new int[part.width() * part.height()];
    for (int y = 0; y < part.height(); y++) {
      System.arraycopy(values, (part.y() + y) * width + part.x(), cut, y * part.width(), part.width());
    }
    return new Gray(part.width(), part.height(), cut);
  }

  /** What is not black, with so many pixels around it; null where all is. */
  Rectangle bounds(int around) {
    int left = width;
    int right = -1;
    int top = height;
    int bottom = -1;
    for (int i = 0; i < values.length; i++) {
      if (values[i] > 0) {
        left = Math.min(left, i % width);
        right = Math.max(right, i % width);
        top = Math.min(top, i / width);
        bottom = Math.max(bottom, i / width);
      }
    }
    if (right < 0) {
      return null;
    }
    int x = (int) Math.max(0, (long) left - around);
    int y = (int) Math.max(0, (long) top - around);
    return new Rectangle(x, y, (int) Math.min(width, right + 1L + around) - x,
        (int) Math.min(height, bottom + 1L + around) - y);
  }

  /** By a Gaussian over 2.5 deviations to either side, mirrored at the edges as OpenCV does; 0 for none. */
  Gray blurred(int acrossDeviation, int downDeviation) {
    int[] across = blurred(values, width, height, acrossDeviation, 1, width);
    return new Gray(width, height, blurred(across, height, width, downDeviation, width, 1));
  }

  private static int[] blurred(int[] from, int length, int lines, int deviation, int step, int lineStep) {
    if (deviation < 1) {
      return from;
    }
    int reach = (int) (2.5 * deviation + 0.5);
    double[] weights = new double[reach + 1];
    double sum = 0;
    for (int k = 0; k <= reach; k++) {
      weights[k] = Math.exp(-0.5 * k * k / ((double) deviation * deviation));
      sum += k == 0 ? weights[k] : 2 * weights[k];
    }
    int[] to = new int[from.length];
    for (int line = 0; line < lines; line++) {
      for (int i = 0; i < length; i++) {
        double value = 0;
        for (int k = -reach; k <= reach; k++) {
          value += weights[Math.abs(k)] * from[line * lineStep + mirrored(i + k, length) * step];
        }
        to[line * lineStep + i * step] = (int) Math.rint(value / sum);
      }
    }
    return to;
  }

  /** A place beyond the edge is as far inside, the edge's own pixel counted once. */
  private static int mirrored(int at, int length) {
    if (length == 1) {
      return 0;
    }
    int period = 2 * length - 2;
    int place = Math.floorMod(at, period);
    return place < length ? place : period - place;
  }
}
