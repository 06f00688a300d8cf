package dev.langevin.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** How many pictures a file has, one after another. */
final class Frames {

  private static final int PNG = 0x89504e47;
  private static final int ANIMATION_CONTROL = 0x6163544c; // acTL
  private static final int DATA = 0x49444154; // IDAT
  private static final int PALETTE = 0x80;

  private Frames() {}

  /** Of a GIF, or a PNG with acTL (PNG, third edition, section 11.3.6.1); 1 of all else. */
  static int count(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file);
    try {
      return GifCanvas.is(file) ? gif(in) : file.length > 8 && in.getInt(0) == PNG ? png(in) : 1;
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      return 1; // whether the file is truncated is for the decoder to say
    }
  }

  private static int png(ByteBuffer in) {
    for (int at = 8; at >= 0; at += 12 + in.getInt(at)) {
      if (in.getInt(at + 4) == ANIMATION_CONTROL) {
        return in.getInt(at + 8);
      }
      if (in.getInt(at + 4) == DATA) {
        return 1;
      }
    }
    return 1;
  }

  private static int gif(ByteBuffer in) {
    int frames = 0;
    int screen = in.get(10);
    in.position(13 + palette(screen));
    while (in.hasRemaining()) {
      switch (in.get()) {
        case 0x21 -> { // an extension
          in.get();
          skip(in);
        }
        case 0x2c -> { // a picture
          frames++;
          in.position(in.position() + 8);
          in.position(in.position() + 1 + palette(in.get(in.position())) + 1);
          skip(in);
        }
        default -> {
          return frames;
        }
      }
    }
    return frames;
  }

  /** Bytes of a colour table that these flags announce. */
  static int palette(int flags) {
    return (flags & PALETTE) == 0 ? 0 : 3 << (flags & 7) + 1;
  }

  /** Blocks of a byte that counts them, up to one of none. */
  private static void skip(ByteBuffer in) {
    for (int length = in.get() & 255; length > 0; length = in.get() & 255) {
      in.position(in.position() + length);
    }
  }
}
