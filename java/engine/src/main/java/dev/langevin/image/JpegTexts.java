package dev.langevin.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The texts in a JPEG file: segments APP1 and COM in front of the pixels (ITU T.81, annex B). */
final class JpegTexts {

  private static final byte[] XMP = "http://ns.adobe.com/xap/1.0/\0".getBytes(StandardCharsets.US_ASCII);

  private JpegTexts() {}

  static void read(FileWindow file, PictureTexts.Found found) throws IOException {
    try {
      for (long at = 2; file.byteAt(at) == 0xff;) {
        int marker = file.byteAt(at + 1);
        if (marker == 0xff) { // filling
          at++;
          continue;
        }
        if (marker == 0xda || marker == 0xd9) {
          return;
        }
        int length = file.shortAt(at + 2);
        if (length < 2) {
          return;
        }
        segment(marker, file.at(at + 4, length - 2), found);
        at += 2 + length;
      }
    } catch (EOFException e) {
      return; // whether the picture is cut is for its decoder to say
    }
  }

  private static void segment(int marker, ByteBuffer data, PictureTexts.Found found) {
    switch (marker) {
      case 0xe1 -> {
        if (data.remaining() > XMP.length && data.slice(0, XMP.length).equals(ByteBuffer.wrap(XMP))) {
          found.text(PictureTexts.XMP, ExifTexts.text(bytes(data), XMP.length));
        } else if (data.remaining() >= 4 && data.getInt(0) == 0x45786966) { // "Exif"
          ExifTexts.read(data, found);
        }
      }
      case 0xfe -> found.text(PictureTexts.COMMENT, ExifTexts.text(bytes(data), 0));
      case 0xc0, 0xc1, 0xc2 -> {
        if (data.remaining() >= 5) {
          found.size(data.getShort(3) & 0xffff, data.getShort(1) & 0xffff);
        }
      }
      default -> {}
    }
  }

  private static byte[] bytes(ByteBuffer data) {
    byte[] bytes = new byte[data.remaining()];
    data.get(0, bytes);
    return bytes;
  }
}
