package dev.langevin.image;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;

/**
 * A decoded picture with its samples as the file stores them: no colour profile is applied, as Pillow does not either,
 * but that of a CMYK picture, which means nothing without.
 *
 * <p>
 * (BufferedImage.getRGB would brighten gray pictures, whose colour space the JDK takes for linear, and CMYK ones.)
 *
 * @param channels 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha (not premultiplied)
 * @param samples (height, width, channels), unsigned bytes, alpha 0 transparent; shared between threads and never
 *   written
 */
public record DecodedImage(int width, int height, int channels, byte[] samples) {

  /** A copy. Samples of 16 bits lose their lower eight; palettes and packed pixels become RGB. */
  public static DecodedImage of(BufferedImage image) {
    ColorModel model = image.getColorModel();
    return hasPlainSamples(model) ? plain(image.getRaster())
        : isInk(model) ? inked(image.getRaster()) : packed(image);
  }

  /** Whether samples are cyan, magenta, yellow and black without a profile. */
  static boolean isInk(ColorModel model) {
    return model instanceof ComponentColorModel && model.getTransferType() == DataBuffer.TYPE_BYTE
        && model.getColorSpace().getType() == ColorSpace.TYPE_CMYK && model.getNumComponents() == 4
        && !(model.getColorSpace() instanceof ICC_ColorSpace);
  }

  /** RGB as Pillow converts: what a colour's ink and black together leave of the light. */
  private static DecodedImage inked(Raster raster) {
    int width = raster.getWidth();
    byte[] samples = new byte[width * raster.getHeight() * 3];
    int[] row = new int[width * 4];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int light = 255 - row[4 * x + 3];
        for (int c = 0; c < 3; c++) {
          samples[at++] = (byte) (light - rounded(row[4 * x + c] * light));
        }
      }
    }
    return new DecodedImage(width, raster.getHeight(), 3, samples);
  }

  /** A product of two bytes by 255, to the nearest. */
  private static int rounded(int product) {
    return (product + 128 + (product + 128 >> 8)) >> 8;
  }

  private static boolean hasPlainSamples(ColorModel model) {
    int type = model.getTransferType();
    int space = model.getColorSpace().getType();
    return model instanceof ComponentColorModel && (type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT)
        && (space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB) && !model.isAlphaPremultiplied();
  }

  private static DecodedImage plain(Raster raster) {
    int width = raster.getWidth();
    int channels = raster.getNumBands();
    int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    byte[] samples = new byte[width * raster.getHeight() * channels];
    int[] row = new int[width * channels];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i++) {
        samples[y * row.length + i] = (byte) (row[i] >> shift);
      }
    }
    return new DecodedImage(width, raster.getHeight(), channels, samples);
  }

  private static DecodedImage packed(BufferedImage image) {
    int width = image.getWidth();
    int channels = image.getColorModel().hasAlpha() ? 4 : 3;
    byte[] samples = new byte[width * image.getHeight() * channels];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int argb : row) {
        samples[at++] = (byte) (argb >> 16);
        samples[at++] = (byte) (argb >> 8);
        samples[at++] = (byte) argb;
        if (channels == 4) {
          samples[at++] = (byte) (argb >> 24);
        }
      }
    }
    return new DecodedImage(width, image.getHeight(), channels, samples);
  }

  /** A copy with the same channels. */
  public BufferedImage toBufferedImage() {
    if (channels == 2) {
      ColorModel gray = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_GRAY), true, false,
          Transparency.TRANSLUCENT, DataBuffer.TYPE_BYTE);
      BufferedImage image = new BufferedImage(gray, gray.createCompatibleWritableRaster(width, height), false, null);
      image.getRaster().setDataElements(0, 0, width, height, samples);
      return image;
    }
    if (channels == 1) {
      BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
      image.getRaster().setDataElements(0, 0, width, height, samples);
      return image;
    }
    int[] pixels = opaque();
    for (int i = 0; channels == 4 && i < pixels.length; i++) {
      pixels[i] |= samples[4 * i + 3] << 24;
    }
    BufferedImage image =
        new BufferedImage(width, height, channels == 3 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, width, height, pixels, 0, width);
    return image;
  }

  /** (height, width) of 0xRRGGBB, whatever alpha says, as Pillow's conversion to RGB drops it. */
  int[] opaque() {
    int[] pixels = new int[width * height];
    for (int i = 0; i < pixels.length; i++) {
      int at = i * channels;
      int red = samples[at] & 255;
      pixels[i] = channels < 3 ? red * 0x010101 : red << 16 | (samples[at + 1] & 255) << 8 | samples[at + 2] & 255;
    }
    return pixels;
  }
}
