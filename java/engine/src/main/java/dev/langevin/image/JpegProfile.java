package dev.langevin.image;

import java.awt.color.CMMException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ICC profile of a JPEG (ICC.1:2022, annex B.4), which counts for inks alone: without one CMYK means nothing.
 *
 * @param profile its bytes, or null where there is none that is whole
 * @param jpeg the file without it, for the JDK's reader refuses profiles that it does not like
 */
record JpegProfile(byte[] profile, byte[] jpeg) {

  private static final int APP2 = 0xe2;
  private static final int START_OF_SCAN = 0xda;
  private static final byte[] NAME = "ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII);

  /** Where a profile's header names its class. */
  private static final int CLASS = 12;

  /** Bytes of a profile's header. */
  private static final int HEADER = 128;

  /** Takes a file apart; what is no JPEG stays whole. */
  static JpegProfile of(byte[] file) {
    if (file.length < 4 || (file[0] & 255) != 0xff || (file[1] & 255) != 0xd8) {
      return new JpegProfile(null, file);
    }
    Map<Integer, byte[]> parts = new TreeMap<>(); // by their numbers, from 1
    ByteArrayOutputStream rest = new ByteArrayOutputStream(file.length);
    rest.write(file, 0, 2);
    int count = 0;
    int at = 2;
    while (at + 4 <= file.length && (file[at] & 255) == 0xff && (file[at + 1] & 255) != START_OF_SCAN) {
      int length = (file[at + 2] & 255) << 8 | file[at + 3] & 255;
      int end = at + 2 + length;
      int name = at + 4 + NAME.length;
      if (end > file.length || length < 2) {
        break;
      }
      if ((file[at + 1] & 255) == APP2 && name + 2 <= end
          && Arrays.equals(file, at + 4, name, NAME, 0, NAME.length)) {
        count = file[name + 1] & 255;
        parts.putIfAbsent(file[name] & 255, Arrays.copyOfRange(file, name + 2, end));
      } else {
        rest.write(file, at, end - at);
      }
      at = end;
    }
    if (parts.isEmpty()) {
      return new JpegProfile(null, file);
    }
    rest.write(file, at, file.length - at);
    ByteArrayOutputStream profile = new ByteArrayOutputStream();
    parts.values().forEach(profile::writeBytes);
    return new JpegProfile(parts.size() == count ? profile.toByteArray() : null, rest.toByteArray());
  }

  /**
   * RGB of a picture of four inks, by the profile's perceptual intent, as Pillow's ImageCms has it.
   *
   * @param ink (height, width) of cyan, magenta, yellow, black, 255 a full one
   * @throws IOException if the profile cannot be used; the message is the reason
   */
  DecodedImage applied(Raster ink) throws IOException {
    if (profile.length < HEADER) {
      throw new IOException("is damaged: it has " + profile.length + " bytes");
    }
    try {
      // For a printer's profile the JDK takes the colorimetric intent, for a scanner's of the same tables the other.
      byte[] asInput = profile.clone();
      System.arraycopy("scnr".getBytes(StandardCharsets.US_ASCII), 0, asInput, CLASS, 4);
      ICC_Profile from = ICC_Profile.getInstance(asInput);
      if (from.getColorSpaceType() != ColorSpace.TYPE_CMYK) {
        throw new IOException("is not one of four inks");
      }
      ColorConvertOp convert =
          new ColorConvertOp(new ICC_Profile[] {from, ICC_Profile.getInstance(ColorSpace.CS_sRGB)}, null);
      BlackPoint black = BlackPoint.perceptual();
      if (from.getMajorVersion() < 4) {
        WritableRaster darkest = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 1, 1, 4, null);
        darkest.setPixel(0, 0, new int[] {255, 255, 255, 255});
        black = BlackPoint.ofInk(convert.filter(darkest, deep(1, 1)).getPixel(0, 0, new int[3]));
      }
      int width = ink.getWidth();
      int height = ink.getHeight();
      byte[] samples = new byte[3 * width * height];
      int[] row = new int[3 * width];
      for (int y = 0; y < height; y++) { // a row at a time, for the 16 bits of a whole picture would take thrice its
                                         // size
        Raster line = ink.createChild(ink.getMinX(), ink.getMinY() + y, width, 1, 0, 0, null);
        convert.filter(line, deep(width, 1)).getPixels(0, 0, width, 1, row);
        for (int i = 0; i < row.length; i++) {
          samples[y * row.length + i] = black.compensated(row, i - i % 3, i % 3);
        }
      }
      return new DecodedImage(width, height, 3, samples);
    } catch (CMMException | IllegalArgumentException e) {
      throw new IOException("is damaged: " + e.getMessage(), e);
    }
  }

  /** Of 16-bit RGB. */
  private static WritableRaster deep(int width, int height) {
    return Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, width, height, 3, null);
  }
}
