package dev.langevin.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import javax.imageio.stream.ImageInputStream;

/**
 * How a camera was held: the tag Orientation of the Exif block (CIPA DC-008, section 4.6.4) of a JPEG, PNG or WebP, 1
 * to 8. Viewers, and Hugging Face's readers, turn the picture accordingly; the JDK does not, and a network would learn
 * people that lie on their sides.
 */
final class ExifOrientation {

  /** As it should be. */
  static final int UPRIGHT = 1;

  private static final int START_OF_SCAN = 0xffda;

  private static final int APP1 = 0xffe1;

  private static final int TAG = 0x0112;

  private static final int PNG = 0x89504e47;

  private static final int RIFF = 0x52494646;

  /** Bytes of a JPEG's block at most: its length has 16 bits. */
  private static final int MAX_BLOCK = 0xffff;

  private ExifOrientation() {}

  /**
   * The tag's value, or upright where the file has none that makes sense. Leaves the stream where it was.
   */
  static int of(ImageInputStream stream) throws IOException {
    long position = stream.getStreamPosition();
    ByteOrder order = stream.getByteOrder();
    try {
      stream.seek(0);
      stream.setByteOrder(ByteOrder.BIG_ENDIAN);
      int magic = stream.readInt();
      if (magic >>> 16 == 0xffd8) {
        stream.seek(2);
        return jpeg(stream);
      }
      return magic == PNG ? chunks(stream, 8, ByteOrder.BIG_ENDIAN, 0x65584966) // eXIf
          : magic == RIFF ? chunks(stream, 12, ByteOrder.LITTLE_ENDIAN, 0x45584946) : UPRIGHT; // EXIF
    } catch (EOFException e) {
      return UPRIGHT; // whether the file is truncated is for the decoder to say
    } finally {
      stream.setByteOrder(order);
      stream.seek(position);
    }
  }

  private static int jpeg(ImageInputStream stream) throws IOException {
    for (int marker = stream.readUnsignedShort(); marker > 0xff00 && marker != START_OF_SCAN;
        marker = stream.readUnsignedShort()) {
      long segment = stream.getStreamPosition();
      int length = stream.readUnsignedShort();
      // "Exif", two zeros
      if (marker == APP1 && length >= 16 && stream.readInt() == 0x45786966 && stream.readUnsignedShort() == 0) {
        return tiff(stream);
      }
      stream.seek(segment + length);
    }
    return UPRIGHT;
  }

  /** Looks for a chunk: of PNG its length stands first and its checksum last, of RIFF its name first. */
  private static int chunks(ImageInputStream stream, long from, ByteOrder order, int name) throws IOException {
    boolean png = order == ByteOrder.BIG_ENDIAN;
    long end = stream.length() < 0 ? Integer.MAX_VALUE : stream.length();
    for (long at = from; at <= end - 8;) {
      stream.seek(at);
      stream.setByteOrder(order);
      int first = png ? 0 : Integer.reverseBytes(stream.readInt());
      long length = stream.readUnsignedInt();
      if ((png ? stream.readInt() : first) == name) {
        return length >= 16 ? tiff(stream) : UPRIGHT;
      }
      at += png ? 12 + length : 8 + length + (length & 1);
    }
    return UPRIGHT;
  }

  /** The first directory of a TIFF header, whose offsets count from the header. */
  private static int tiff(ImageInputStream stream) throws IOException {
    long header = stream.getStreamPosition();
    int order = stream.readUnsignedShort();
    stream.setByteOrder(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN); // "II" or "MM"
    stream.readUnsignedShort(); // 42
    long directory = stream.readUnsignedInt();
    if (directory > MAX_BLOCK) { // the JDK's streams throw what they should not when asked for places past 4 GiB
      return UPRIGHT;
    }
    stream.seek(header + directory);
    int entries = stream.readUnsignedShort();
    for (int i = 0; i < entries; i++) {
      int tag = stream.readUnsignedShort();
      stream.readUnsignedShort(); // type: short
      stream.readInt(); // count: 1
      int value = stream.readUnsignedShort();
      stream.readUnsignedShort(); // the rest of four bytes
      if (tag == TAG) {
        return value >= 1 && value <= 8 ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /** Whether rows become columns. */
  static boolean exchangesSides(int orientation) {
    return orientation >= 5;
  }

  /** The picture as it should be seen. */
  static DecodedImage upright(DecodedImage stored, int orientation) {
    if (orientation == UPRIGHT) {
      return stored;
    }
    boolean exchanged = exchangesSides(orientation);
    int width = exchanged ? stored.height() : stored.width();
    int height = exchanged ? stored.width() : stored.height();
    boolean fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean fromBottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int channels = stored.channels();
    byte[] samples = new byte[stored.samples().length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = exchanged ? y : x;
        int row = exchanged ? x : y;
        column = fromRight ? stored.width() - 1 - column : column;
        row = fromBottom ? stored.height() - 1 - row : row;
        System.arraycopy(stored.samples(), (row * stored.width() + column) * channels, samples,
            (y * width + x) * channels, channels);
      }
    }
    return new DecodedImage(width, height, channels, samples);
  }
}
