package dev.langevin.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The texts of an Exif block, which is a TIFF file's first directory and the Exif directory that it names. Each is read
 * once, so that directories which name one another end.
 */
final class ExifTexts {

  private static final int EXIF_DIRECTORY = 0x8769;

  private static final int USER_COMMENT = 0x9286;

  /** Texts of the first directory. */
  private static final Map<Integer, String> TAGS =
      Map.of(0x010e, "ImageDescription", 0x010f, "Make", 0x0110, "Model", 0x0131, "Software");

  /** "Exif", two zeros: in front of the block in a JPEG, and in some WebP files. */
  private static final byte[] HEADER = {'E', 'x', 'i', 'f', 0, 0};

  private ExifTexts() {}

  /** @param block with or without the six bytes of its name */
  static void read(ByteBuffer block, PictureTexts.Found found) {
    ByteBuffer tiff =
        block.remaining() >= HEADER.length && block.slice(0, HEADER.length).equals(ByteBuffer.wrap(HEADER))
            ? block.slice(HEADER.length, block.remaining() - HEADER.length) : block.slice();
    try {
      int order = tiff.getShort(0) & 0xffff;
      if (order != 0x4949 && order != 0x4d4d) {
        throw new IndexOutOfBoundsException();
      }
      tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      long next = directory(tiff, tiff.getInt(4) & 0xffffffffL, found);
      if (next > 0) {
        directory(tiff, next, found);
      }
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      found.fault("Exif", "is damaged");
    }
  }

  /** Reads one directory's texts and gives the place of the Exif directory, or 0. */
  private static long directory(ByteBuffer tiff, long at, PictureTexts.Found found) {
    if (at > tiff.limit() - 2) {
      throw new IndexOutOfBoundsException();
    }
    int entries = tiff.getShort((int) at) & 0xffff;
    long exif = 0;
    for (int i = 0; i < entries; i++) {
      int entry = (int) at + 2 + 12 * i;
      int tag = tiff.getShort(entry) & 0xffff;
      long count = tiff.getInt(entry + 4) & 0xffffffffL;
      long value = tiff.getInt(entry + 8) & 0xffffffffL;
      if (tag == EXIF_DIRECTORY) {
        exif = value;
      } else if (tag == USER_COMMENT || TAGS.containsKey(tag)) {
        String name = tag == USER_COMMENT ? "UserComment" : TAGS.get(tag);
        long place = count <= 4 ? entry + 8 : value; // types of one byte each
        if (place + count > tiff.limit()) {
          found.fault(name, "is damaged: it has " + count + " bytes at " + place + " of " + tiff.limit());
          continue;
        }
        byte[] bytes = new byte[(int) count];
        tiff.get((int) place, bytes);
        found.text(name, tag == USER_COMMENT ? comment(bytes, tiff.order()) : text(bytes, 0));
      }
    }
    return exif;
  }

  /** Eight bytes name the encoding; programs that leave them out write the text at once. */
  private static String comment(byte[] bytes, ByteOrder order) {
    String code = new String(bytes, 0, Math.min(8, bytes.length), StandardCharsets.ISO_8859_1);
    return switch (code) {
      case "UNICODE\0" -> utf16(bytes, 8, order);
      case "ASCII\0\0\0", "\0\0\0\0\0\0\0\0" -> text(bytes, 8);
      case "JIS\0\0\0\0\0" -> trimmed(new String(bytes, 8, bytes.length - 8, Charset.forName("ISO-2022-JP")));
      default -> text(bytes, 0);
    };
  }

  /**
   * The standard does not say which byte comes first, and programs differ: a mark counts, then the order in which more
   * letters are ASCII, then the block's own.
   */
  private static String utf16(byte[] bytes, int from, ByteOrder order) {
    int big = 0;
    int little = 0;
    for (int i = from; i + 1 < bytes.length; i += 2) {
      big += bytes[i] == 0 && bytes[i + 1] > 0 ? 1 : 0;
      little += bytes[i + 1] == 0 && bytes[i] > 0 ? 1 : 0;
    }
    boolean marked = bytes.length >= from + 2 && (bytes[from] == (byte) 0xfe && bytes[from + 1] == (byte) 0xff
        || bytes[from] == (byte) 0xff && bytes[from + 1] == (byte) 0xfe);
    Charset charset = marked ? StandardCharsets.UTF_16
        : big > little || big == little && order == ByteOrder.BIG_ENDIAN ? StandardCharsets.UTF_16BE
        : StandardCharsets.UTF_16LE;
    return trimmed(new String(bytes, from, (bytes.length - from) / 2 * 2, charset));
  }

  /** UTF-8, or Latin-1 where it is not. */
  static String text(byte[] bytes, int from) {
    int length = bytes.length - from;
    try {
      return trimmed(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length)).toString());
    } catch (CharacterCodingException e) {
      return trimmed(new String(bytes, from, length, StandardCharsets.ISO_8859_1));
    }
  }

  /** Without the zeros at its end. */
  private static String trimmed(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == 0) {
      end--;
    }
    return text.substring(0, end);
  }
}
