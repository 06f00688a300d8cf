package dev.langevin.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The logical screen of a GIF (GIF89a, section 18), on which its pictures lie. */
final class GifCanvas {

  private GifCanvas() {}

  /** Whether a file begins as GIF does. */
  static boolean is(byte[] start) {
    return start.length >= 13 && start[0] == 'G' && start[1] == 'I' && start[2] == 'F';
  }

  /** The screen, and what of a picture at its corner lies beyond it. */
  static PictureFile.Size size(byte[] start, PictureFile.Size frame) {
    ByteBuffer in = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    return new PictureFile.Size(Math.max(in.getShort(6) & 0xffff, frame.width()),
        Math.max(in.getShort(8) & 0xffff, frame.height()));
  }

  /** The first picture where it lies; around it is what Pillow has there, the transparent colour or the first one. */
  static DecodedImage placed(BufferedImage frame, byte[] file, PictureFile.Size screen) {
    DecodedImage picture = DecodedImage.of(frame);
    if (picture.width() == screen.width() && picture.height() == screen.height()) {
      return picture;
    }
    int[] place = place(file);
    int left = Math.min(place[0], screen.width() - picture.width());
    int top = Math.min(place[1], screen.height() - picture.height());
    int channels = picture.channels();
    byte[] samples = new byte[channels * screen.width() * screen.height()];
    int fill = frame.getColorModel() instanceof IndexColorModel palette
        ? palette.getRGB(Math.max(0, palette.getTransparentPixel())) : 0;
    for (int i = 0; channels >= 3 && i < samples.length; i += channels) {
      samples[i] = (byte) (fill >> 16);
      samples[i + 1] = (byte) (fill >> 8);
      samples[i + 2] = (byte) fill;
      if (channels == 4) {
        samples[i + 3] = (byte) (fill >> 24);
      }
    }
    for (int y = 0; y < picture.height(); y++) {
      System.arraycopy(picture.samples(), y * picture.width() * channels, samples,
          ((top + y) * screen.width() + left) * channels, picture.width() * channels);
    }
    return new DecodedImage(screen.width(), screen.height(), channels, samples);
  }

  /** Left and top of the first picture. */
  private static int[] place(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int screen = in.get(10);
      int at = 13 + Frames.palette(screen);
      while (in.get(at) == 0x21) { // extensions: a label, and blocks up to an empty one
        at += 2;
        while (in.get(at) != 0) {
          at += 1 + (in.get(at) & 255);
        }
        at++;
      }
      return new int[] {in.getShort(at + 1) & 0xffff, in.getShort(at + 3) & 0xffff};
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      return new int[2];
    }
  }
}
