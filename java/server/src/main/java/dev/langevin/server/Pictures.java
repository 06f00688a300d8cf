package dev.langevin.server;

import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureFormat;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Map;

/** Pictures as requests and answers hold them. */
public final class Pictures {

  private Pictures() {}

  /**
   * A picture's file.
   *
   * @param texts by their keywords, such as {@code parameters}
   * @param quality 1 to 100 of JPEG and WebP, or null for the usual
   */
  public static byte[] encode(BufferedImage picture, PictureFormat format, Map<String, String> texts, Integer quality) {
    try {
      boolean room = format.holds(texts.values());
      return format.encode(picture, room ? texts : Map.of(), quality);
    } catch (IOException e) {
      throw new UncheckedIOException("the picture cannot be encoded", e);
    }
  }

  /** A picture's file in base64, without a data URL's beginning. */
  public static String base64(byte[] file) {
    return Base64.getEncoder().encodeToString(file);
  }

  /**
   * A picture that a client has sent.
   *
   * @param field for the message
   * @throws Fault 400 if it is none, or has more pixels than the server takes
   */
  public static DecodedImage decode(String field, byte[] file, long maxPixels) {
    try {
      PictureFile.Size size = PictureFile.size(file);
      if ((long) size.width() * size.height() > maxPixels) {
        throw Fault.of(field, field + " has " + size.width() + "x" + size.height() + " pixels, the server takes "
            + maxPixels + " at most");
      }
      return PictureFile.decode(file);
    } catch (IOException e) {
      throw Fault.of(field, field + " " + e.getMessage());
    }
  }

  /**
   * The file in base64, with or without a data URL's beginning.
   *
   * @throws Fault 400 if it is none; also for any other URL, since the server fetches nothing
   */
  public static byte[] fromBase64(String field, String text) {
    String data = text.strip();
    if (data.startsWith("data:")) {
      int comma = data.indexOf(',');
      if (comma < 0 || !data.substring(0, comma).endsWith(";base64")) {
        throw Fault.of(field, field + " must be a data URL in base64");
      }
      data = data.substring(comma + 1);
    } else if (data.matches("(?s)[a-zA-Z][a-zA-Z0-9+.-]*:.*")) {
      throw Fault.of(field, field + " is a URL; this server fetches nothing, send the picture itself as a data URL");
    }
    try {
      return Base64.getMimeDecoder().decode(data);
    } catch (IllegalArgumentException e) {
      throw Fault.of(field, field + " is no base64");
    }
  }

  /** Without alpha. */
  public static BufferedImage opaque(DecodedImage image) {
    BufferedImage picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    int[] row = new int[image.width()];
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < row.length; x++) {
        int at = (y * image.width() + x) * image.channels();
        int red = image.samples()[at] & 255;
        boolean gray = image.channels() < 3;
        row[x] = red << 16 | (gray ? red : image.samples()[at + 1] & 255) << 8
            | (gray ? red : image.samples()[at + 2] & 255);
      }
      picture.setRGB(0, y, row.length, 1, row, 0, row.length);
    }
    return picture;
  }

  /** White where a picture is transparent, more than half; null where it has no alpha or none of it is. */
  public static BufferedImage transparent(DecodedImage image) {
    if (image.channels() % 2 == 1) {
      return null;
    }
    BufferedImage mask = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    boolean any = false;
    for (int i = 0; i < image.width() * image.height(); i++) {
      boolean through = (image.samples()[(i + 1) * image.channels() - 1] & 255) < 128;
      any |= through;
      mask.setRGB(i % image.width(), i / image.width(), through ? 0xffffff : 0);
    }
    return any ? mask : null;
  }
}
