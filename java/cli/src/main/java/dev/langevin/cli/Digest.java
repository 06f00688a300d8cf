package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * What a case of {@code bench digests} gave, by SHA-256 in hexadecimal: two are equal where every bit is.
 *
 * @param name of the case
 * @param precision that the model was loaded with
 * @param cached whether its weights came from a weight cache
 * @param tight whether memory was so short that networks were held in turn, or activations computed twice
 * @param latents of the numbers, as f32 in little-endian order
 * @param pixels of the pictures' red, green and blue bytes, as PNG files gave them back; {@link #NONE} without pictures
 */
record Digest(String name, Precision precision, boolean cached, boolean tight, String latents, String pixels) {

  static final String NONE = "-";

  /** In place of both digests where this machine cannot compute in the precision. */
  static final String UNSUPPORTED = "unsupported";

  /** What it is found by in a table: the columns before the digests. */
  String key() {
    return name + "," + precision.name().toLowerCase(Locale.ROOT) + "," + (cached ? "on" : "off") + ","
        + (tight ? "tight" : "none");
  }

  /** SHA-256 of tensors, one after another. */
  static String ofNumbers(Tensor... tensors) {
    MessageDigest sha = sha256();
    for (Tensor tensor : tensors) {
      float[] values = tensor.toFloats();
      ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      sha.update(bytes);
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  /**
   * SHA-256 of pictures, one after another.
   *
   * @param scratch folder in which they are written as PNG, and read back
   */
  static String ofPictures(List<BufferedImage> pictures, Path scratch) {
    MessageDigest sha = sha256();
    Path file = scratch.resolve("picture.png");
    for (BufferedImage picture : pictures) {
      Images.writePng(picture, file);
      BufferedImage read = Images.read(file);
      ByteBuffer bytes = ByteBuffer.allocate(3 * read.getWidth() * read.getHeight());
      for (int i = 0; i < read.getWidth() * read.getHeight(); i++) {
        int rgb = read.getRGB(i % read.getWidth(), i / read.getWidth());
        bytes.put((byte) (rgb >> 16)).put((byte) (rgb >> 8)).put((byte) rgb);
      }
      sha.update(bytes.flip());
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
