package dev.langevin.server;

import dev.langevin.image.PictureFormat;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Map;

/** Pictures as answers hold them. */
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
      return format.encode(picture, texts, quality);
    } catch (IOException e) {
      throw new UncheckedIOException("the picture cannot be encoded", e);
    }
  }

  public static String base64(byte[] file) {
    return Base64.getEncoder().encodeToString(file);
  }
}
