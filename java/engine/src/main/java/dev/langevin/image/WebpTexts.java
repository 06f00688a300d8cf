package dev.langevin.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The texts in a WebP file: chunks EXIF and XMP of its RIFF container (RFC 9649, section 2.7). */
final class WebpTexts {

  private WebpTexts() {}

  static void read(FileWindow file, PictureTexts.Found found) throws IOException {
    if (file.at(8, 4).getInt() != 0x57454250) { // "WEBP"
      throw new IllegalArgumentException("is no WebP picture");
    }
    try {
      for (long at = 12; at < file.size() - 8;) {
        ByteBuffer head = file.at(at, 8);
        int name = head.getInt();
        long length = head.order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xffffffffL;
        chunk(name, file, at + 8, length, found);
        at += 8 + length + (length & 1);
      }
    } catch (EOFException e) {
      found.fault("EXIF", "is cut off");
    }
  }

  private static void chunk(int name, FileWindow file, long at, long length, PictureTexts.Found found)
      throws IOException {
    switch (name) {
      case 0x45584946 -> { // "EXIF"
        if (found.takes("EXIF", length)) {
          ExifTexts.read(file.at(at, (int) length), found);
        }
      }
      case 0x584d5020 -> { // "XMP "
        if (found.takes("XMP", length)) {
          byte[] bytes = new byte[(int) length];
          file.at(at, bytes.length).get(bytes);
          found.text(PictureTexts.XMP, ExifTexts.text(bytes, 0));
        }
      }
      case 0x56503858 -> { // "VP8X": flags, then 24 bits each
        ByteBuffer size = file.at(at + 3, 7).order(ByteOrder.LITTLE_ENDIAN);
        found.size((size.getInt(0) >>> 8) + 1, (size.getInt(3) >>> 8) + 1);
      }
      default -> {}
    }
  }
}
