package dev.langevin.image;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The comment of a GIF file (GIF89a, section 24). */
final class GifTexts {

  private GifTexts() {}

  static void read(FileWindow file, PictureTexts.Found found) throws IOException {
    ByteBuffer head = file.at(6, 6).order(ByteOrder.LITTLE_ENDIAN);
    found.size(head.getShort() & 0xffff, head.getShort() & 0xffff);
    try {
      blocks(file, 13 + colours(head.get()), found);
    } catch (EOFException e) {
      return; // whether the picture is cut is for its decoder to say
    }
  }

  /** Bytes of a table of colours by the flags that announce it. */
  private static int colours(int flags) {
    return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
  }

  private static void blocks(FileWindow file, long start, PictureTexts.Found found) throws IOException {
    long at = start;
    while (true) {
      switch (file.byteAt(at)) {
        case 0x21 -> {
          boolean comment = file.byteAt(at + 1) == 0xfe;
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          at = parts(file, at + 2, comment ? text : null);
          if (comment) {
            found.text(PictureTexts.COMMENT, ExifTexts.text(text.toByteArray(), 0));
          }
        }
        case 0x2c -> at = parts(file, at + 11 + colours(file.byteAt(at + 9)), null);
        default -> {
          return;
        }
      }
    }
  }

  /** Goes over parts that each begin with their length, and gives the place behind them. */
  private static long parts(FileWindow file, long start, ByteArrayOutputStream into) throws IOException {
    long at = start;
    for (int length = file.byteAt(at); length > 0; length = file.byteAt(at)) {
      if (into != null && into.size() < PictureTexts.MOST_BYTES) {
        byte[] bytes = new byte[length];
        file.at(at + 1, length).get(bytes);
        into.writeBytes(bytes);
      }
      at += length + 1;
    }
    return at + 1;
  }
}
