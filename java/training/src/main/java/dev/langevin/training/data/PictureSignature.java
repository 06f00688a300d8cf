package dev.langevin.training.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pictures under names that pictures do not have, told by their first bytes: PNG, JPEG, GIF, BMP, WebP. */
final class PictureSignature {

  private static final int LENGTH = 12;

  private PictureSignature() {}

  /** Whether a file begins as a picture does; one that cannot be read does not. */
  static boolean begins(Path file) {
    byte[] head;
    try (InputStream stream = Files.newInputStream(file)) {
      head = stream.readNBytes(LENGTH);
      if (head.length < LENGTH) {
        return false;
      }
      String text = new String(head, StandardCharsets.ISO_8859_1);
      boolean jpeg = text.startsWith("\u00ff\u00d8\u00ff");
      boolean webp = text.startsWith("RIFF") && text.startsWith("WEBP", 8);
      boolean bmp = text.startsWith("BM") // two letters are not much: the length must be there too
          && ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt(2) == Files.size(file);
      return jpeg || webp || bmp || text.startsWith("\u0089PNG\r\n") || text.startsWith("GIF8");
    } catch (IOException e) {
      return false;
    }
  }
}
