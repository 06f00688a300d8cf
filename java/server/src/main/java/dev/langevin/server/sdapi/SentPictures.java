package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Base64;
import java.util.Locale;

/** Pictures of requests: base64, with or without a data URL's head. Nothing is ever fetched, and no path is read. */
final class SentPictures {

  private SentPictures() {}

  /**
   * A field's bytes.
   *
   * @throws Fault if it is no base64
   */
  static byte[] bytes(String field, JsonNode value) {
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw Refusal.of(field + " is " + (value.isTextual() ? "empty" : "no text") + ", must be a picture in base64");
    }
    String text = value.textValue().strip();
    if (text.matches("(?is)^[a-z][a-z0-9+.-]{1,10}://.*|^file:.*")) {
      throw Refusal.of(field + " is an address, but this server fetches nothing; send the picture itself in base64");
    }
    if (text.regionMatches(true, 0, "data:", 0, 5)) {
      int comma = text.indexOf(',');
      if (comma < 0 || !text.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
        throw Refusal.of(field + " is a data URL that is not in base64; encode the picture as base64");
      }
      text = text.substring(comma + 1);
    }
    try {
      return Base64.getDecoder().decode(text.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw Refusal.of(field + " is no base64; encode the picture's file as base64");
    }
  }

  /**
   * A field's picture, as 8-bit ARGB that is not premultiplied.
   *
   * @throws Fault if it is none
   */
  static BufferedImage of(String field, JsonNode value) {
    try {
      return argb(PictureFile.decode(bytes(field, value)));
    } catch (IOException e) {
      throw Refusal.of(field + " " + e.getMessage() + "; send a PNG, JPEG, WebP, GIF or BMP");
    }
  }

  /** By its samples: the JDK would brighten gray ones. */
  private static BufferedImage argb(DecodedImage picture) {
    int channels = picture.channels();
    byte[] samples = picture.samples();
    int[] pixels = new int[picture.width() * picture.height()];
    for (int i = 0; i < pixels.length; i++) {
      int at = i * channels;
      int alpha = channels % 2 == 0 ? samples[at + channels - 1] & 255 : 255;
      int red = samples[at] & 255;
      pixels[i] = alpha << 24 | (channels < 3 ? red * 0x010101
          : red << 16 | (samples[at + 1] & 255) << 8 | samples[at + 2] & 255);
    }
    BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, picture.width(), picture.height(), pixels, 0, picture.width());
    return image;
  }

  /** Without alpha: laid on white, as the web UI does. */
  static BufferedImage opaque(BufferedImage image) {
    int width = image.getWidth();
    int[] pixels = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
    for (int i = 0; i < pixels.length; i++) {
      int alpha = pixels[i] >>> 24;
      int rgb = 0;
      for (int shift = 16; shift >= 0; shift -= 8) {
        rgb = rgb << 8 | ((pixels[i] >> shift & 255) * alpha + 255 * (255 - alpha) + 127) / 255;
      }
      pixels[i] = rgb;
    }
    BufferedImage result = new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_INT_RGB);
    result.setRGB(0, 0, width, image.getHeight(), pixels, 0, width);
    return result;
  }
}
