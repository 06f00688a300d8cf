package dev.langevin.image;

import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.Optional;

/**
 * What of a picture is painted anew, as other programs say it: with white on black, as AUTOMATIC1111 does, or with
 * transparent pixels, as OpenAI's interface does.
 */
public final class Masks {

  private Masks() {}

  /**
   * What a mask says.
   *
   * @param mask of any kind; where any of its pixels is not opaque, the transparent ones are painted anew, else the
   *   white ones
   * @return (1, H, W) in [0, 1], 1 where it is painted anew
   */
  public static Tensor of(BufferedImage mask) {
    return ofAlpha(mask).orElseGet(() -> Images.toLuminance(mask));
  }

  /**
   * What a picture's own transparency says.
   *
   * @return (1, H, W) in [0, 1], 1 where the picture is transparent; nothing where all of it is opaque
   */
  public static Optional<Tensor> ofAlpha(BufferedImage picture) {
    DecodedImage decoded = DecodedImage.of(picture);
    int channels = decoded.channels();
    if (channels == 1 || channels == 3) {
      return Optional.empty();
    }
    float[] values = new float[decoded.width() * decoded.height()];
    boolean opaque = true;
    for (int i = 0; i < values.length; i++) {
      int alpha = decoded.samples()[i * channels + channels - 1] & 255;
      opaque &= alpha == 255;
      values[i] = 1 - alpha / 255f;
    }
    return opaque ? Optional.empty() : Optional.of(Tensor.ofFloats(values, 1, decoded.height(), decoded.width()));
  }
}
