package dev.langevin.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An Exif block (CIPA DC-008) of one text, the tag UserComment, as web UIs write parameters into JPEG and WebP: eight
 * bytes that name the letters, then UTF-16 of the highest byte first.
 */
final class ExifComment {

  private static final byte[] NAME = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] LETTERS = "UNICODE\0".getBytes(StandardCharsets.US_ASCII);

  private static final int EXIF_DIRECTORY = 0x8769;
  private static final int USER_COMMENT = 0x9286;
  private static final int LONG = 4;
  private static final int UNDEFINED = 7;

  /** Bytes of a directory of one entry: the count, the entry, where the next one is. */
  private static final int DIRECTORY = 2 + 12 + 4;

  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;

  /** What a JPEG's block holds beside its length. */
  private static final int MAX_BLOCK = 0xffff - 2;

  private ExifComment() {}

  /** A TIFF header, a directory that names the Exif directory, and that. */
  static byte[] tiff(String text) {
    byte[] letters = text.getBytes(StandardCharsets.UTF_16BE);
    int comment = LETTERS.length + letters.length;
    ByteBuffer out = ByteBuffer.allocate(8 + 2 * DIRECTORY + comment);
    out.putShort((short) 0x4d4d).putShort((short) 42).putInt(8); // "MM": the highest byte first
    directory(out, EXIF_DIRECTORY, LONG, 1, 8 + DIRECTORY);
    directory(out, USER_COMMENT, UNDEFINED, comment, 8 + 2 * DIRECTORY);
    return out.put(LETTERS).put(letters).array();
  }

  private static void directory(ByteBuffer out, int tag, int type, int count, int value) {
    out.putShort((short) 1).putShort((short) tag).putShort((short) type).putInt(count).putInt(value).putInt(0);
  }

  /** Whether a JPEG has room for the text: about 32,700 letters. */
  static boolean fits(String text) {
    return NAME.length + 8 + 2 * DIRECTORY + LETTERS.length + 2L * text.length() <= MAX_BLOCK;
  }

  /** A JPEG with the text in a block behind JFIF's, where it has that. */
  static byte[] intoJpeg(byte[] jpeg, String text) {
    byte[] tiff = tiff(text);
    int at = (jpeg[3] & 255) == APP0 ? 4 + ((jpeg[4] & 255) << 8 | jpeg[5] & 255) : 2;
    ByteArrayOutputStream out = new ByteArrayOutputStream(jpeg.length + tiff.length + 16);
    out.write(jpeg, 0, at);
    int length = 2 + NAME.length + tiff.length;
    out.writeBytes(new byte[] {(byte) 0xff, (byte) APP1, (byte) (length >> 8), (byte) length});
    out.writeBytes(NAME);
    out.writeBytes(tiff);
    out.writeBytes(Arrays.copyOfRange(jpeg, at, jpeg.length));
    return out.toByteArray();
  }
}
