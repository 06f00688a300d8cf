package dev.langevin.training.data;

import dev.langevin.image.DecodedImage;

/**
 * A picture of a data set.
 *
 * @param channels 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha (not premultiplied)
 * @param samples (height, width, channels), unsigned bytes, alpha 0 transparent; shared between threads and never
 *   written
 */
public record Picture(int width, int height, int channels, byte[] samples) {

  /**
   * Checks that there are as many samples as the size says.
   *
   * @throws IllegalArgumentException if the samples are not {@code width * height * channels}, of 1 to 4 channels
   */
  public Picture {
    if (width < 1 || height < 1 || channels < 1 || channels > 4 || (long) width * height * channels != samples.length) {
      throw new IllegalArgumentException("a picture of " + width + "x" + height + " pixels with " + channels
          + " channels (1 to 4) does not have " + samples.length + " samples");
    }
  }

  /** As it was decoded. */
  public static Picture of(DecodedImage image) {
    return new Picture(image.width(), image.height(), image.channels(), image.samples());
  }

  /**
   * The pixels laid over a background, rounded to eight bits.
   *
   * @param background 0xRRGGBB
   * @return (height, width) of 0xRRGGBB
   */
  int[] over(int background) {
    int[] pixels = new int[width * height];
    boolean hasAlpha = channels % 2 == 0;
    int colours = channels < 3 ? 1 : 3;
    for (int i = 0; i < pixels.length; i++) {
      int at = i * channels;
      int red = samples[at] & 255;
      int green = colours == 1 ? red : samples[at + 1] & 255;
      int blue = colours == 1 ? red : samples[at + 2] & 255;
      if (hasAlpha) {
        int alpha = samples[at + colours] & 255;
        red = blend(red, background >> 16 & 255, alpha);
        green = blend(green, background >> 8 & 255, alpha);
        blue = blend(blue, background & 255, alpha);
      }
      pixels[i] = red << 16 | green << 8 | blue;
    }
    return pixels;
  }

  private static int blend(int colour, int background, int alpha) {
    return (colour * alpha + background * (255 - alpha) + 127) / 255;
  }
}
