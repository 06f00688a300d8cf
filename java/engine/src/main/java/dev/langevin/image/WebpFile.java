package dev.langevin.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.ServiceLoader;

/**
 * The container of WebP (RFC 9649): its size, its first picture, and an Exif block; the {@link WebpCodec} does the
 * rest.
 */
final class WebpFile {

  /** Width and height have 14 bits. */
  static final int MAX_SIDE = 16383;

  private static final int ALPHA = 0x10;
  private static final int EXIF = 0x08;
  private static final int MASK_14 = 0x3fff;

  /** Bytes in front of the first chunk. */
  private static final int HEADER = 12;

  private WebpFile() {}

  /** Whether a file begins as WebP does. */
  static boolean is(byte[] start) {
    return start.length >= HEADER && tag(ByteBuffer.wrap(start), 0).equals("RIFF")
        && tag(ByteBuffer.wrap(start), 8).equals("WEBP");
  }

  private static ByteBuffer buffer(byte[] file) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String tag(ByteBuffer in, int at) {
    byte[] name = new byte[4];
    in.get(at, name);
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  private static int threeBytes(ByteBuffer in, int at) {
    return in.getShort(at) & 0xffff | (in.get(at + 2) & 255) << 16;
  }

  /** The size that the header states, of its first 30 bytes. */
  static PictureFile.Size size(byte[] file) throws IOException {
    ByteBuffer in = buffer(file);
    try {
      switch (tag(in, HEADER)) {
        case "VP8X" -> {
          return new PictureFile.Size(threeBytes(in, 24) + 1, threeBytes(in, 27) + 1);
        }
        case "VP8 " -> {
          if (threeBytes(in, 23) == 0x2a019d) { // of a key frame
            return new PictureFile.Size(in.getShort(26) & MASK_14, in.getShort(28) & MASK_14);
          }
        }
        case "VP8L" -> {
          int bits = in.getInt(21);
          if (in.get(20) == 0x2f) {
            return new PictureFile.Size((bits & MASK_14) + 1, (bits >>> 14 & MASK_14) + 1);
          }
        }
        default -> {}
      }
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw new IOException("is truncated", e);
    }
    throw new IOException("is damaged: its first chunk is none of WebP's");
  }

  /** A chunk's place: of its content, whose length may lie beyond the file's end. */
  private record Chunk(String name, int at, long length) {
    int end(int limit) {
      return (int) Math.min(limit, at + length);
    }
  }

  /** The chunk at a place, or null at the end. */
  private static Chunk chunk(ByteBuffer in, int at) {
    return at < 0 || at > in.limit() - 8 ? null : new Chunk(tag(in, at), at + 8, in.getInt(at + 4) & 0xffffffffL);
  }

  private static int next(Chunk chunk, int limit) {
    return (int) Math.min(limit, chunk.at + chunk.length + (chunk.length & 1));
  }

  /** The Exif block's bytes, or null. */
  static byte[] exif(byte[] file) {
    ByteBuffer in = buffer(file);
    for (Chunk chunk = chunk(in, HEADER); chunk != null; chunk = chunk(in, next(chunk, file.length))) {
      if (chunk.name.equals("EXIF") && chunk.length <= file.length - chunk.at) {
        return Arrays.copyOfRange(file, chunk.at, chunk.end(file.length));
      }
    }
    return null;
  }

  /**
   * Decodes the picture, of an animation the first as it lies on the canvas.
   *
   * @throws IOException if there is no codec, or no picture
   */
  static DecodedImage decode(byte[] file, Reading reading) throws IOException {
    PictureFile.Size size = size(file);
    if (Math.max(size.width(), size.height()) > MAX_SIDE) { // an animation's canvas, of which no frame is so large
      throw new IOException("has " + size.width() + "x" + size.height() + " pixels, a WebP picture's sides have "
          + MAX_SIDE + " at most");
    }
    WebpCodec codec = ServiceLoader.load(WebpCodec.class).findFirst().orElseThrow(() -> new IOException(
        "is a WebP picture, which the command line reads but the engine alone does not; convert it to PNG"));
    ByteBuffer in = buffer(file);
    byte[] rgba = new byte[4 * size.width() * size.height()];
    boolean whole = HEADER - 4 + (in.getInt(4) & 0xffffffffL) <= file.length;
    int frames = 0;
    int at = HEADER;
    boolean complete = false;
    for (Chunk chunk = chunk(in, at); chunk != null; chunk = chunk(in, at)) {
      at = next(chunk, file.length);
      if (chunk.name.equals("ANMF") && chunk.length >= 16 && chunk.end(file.length) - chunk.at >= 16) {
        if (frames++ == 0) {
          complete = frame(codec, in, chunk, size, rgba);
        }
      } else if (frames == 0 && (chunk.name.equals("VP8 ") || chunk.name.equals("VP8L"))) {
        complete = codec.decode(whole ? file : shortened(file, chunk), size.width(), size.height(), rgba);
        break;
      }
    }
    if (!complete || !whole && frames == 0) {
      String reason = whole ? "is damaged: libwebp does not decode all of it" : "is truncated";
      if (Arrays.equals(rgba, new byte[rgba.length])) {
        throw new IOException(reason + ", and nothing of it can be decoded");
      }
      reading.damaged(reason);
    }
    if (frames > 1) {
      reading.animated(frames);
    }
    return new DecodedImage(size.width(), size.height(), 4, rgba);
  }

  /** A cut file whose lengths are those of what is there, as libwebp decodes none of it otherwise. */
  private static byte[] shortened(byte[] file, Chunk last) {
    ByteBuffer out = buffer(file.clone()).putInt(4, file.length - 8);
    return out.putInt(last.at - 4, last.end(file.length) - last.at).array();
  }

  /** Decodes an animation's first frame, which lies on transparent black. */
  private static boolean frame(WebpCodec codec, ByteBuffer in, Chunk frame, PictureFile.Size canvas, byte[] rgba) {
    int left = 2 * threeBytes(in, frame.at);
    int top = 2 * threeBytes(in, frame.at + 3);
    int width = threeBytes(in, frame.at + 6) + 1;
    int height = threeBytes(in, frame.at + 9) + 1;
    if ((long) left + width > canvas.width() || (long) top + height > canvas.height()) {
      return false;
    }
    byte[] chunks = Arrays.copyOfRange(in.array(), frame.at + 16, frame.end(in.limit()));
    byte[] pixels = new byte[4 * width * height];
    boolean whole = codec.decode(file(chunks, ALPHA, width, height), width, height, pixels);
    for (int y = 0; y < height; y++) {
      System.arraycopy(pixels, 4 * y * width, rgba, 4 * ((top + y) * canvas.width() + left), 4 * width);
    }
    return whole;
  }

  /** A file with VP8X in front of other chunks. */
  private static byte[] file(byte[] chunks, int flags, int width, int height) {
    ByteBuffer out = ByteBuffer.allocate(HEADER + 18 + chunks.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(out.capacity() - 8)
        .put("WEBPVP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10).putInt(flags);
    for (int side : new int[] {width - 1, height - 1}) {
      out.putShort((short) side).put((byte) (side >> 16));
    }
    return out.put(chunks).array();
  }

  /** A still file with an Exif block behind its picture. */
  static byte[] withExif(byte[] file, byte[] exif, int width, int height) {
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    chunks.write(file, HEADER, file.length - HEADER);
    ByteBuffer head = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    head.put("EXIF".getBytes(StandardCharsets.US_ASCII)).putInt(exif.length);
    chunks.writeBytes(head.array());
    chunks.writeBytes(exif);
    if ((exif.length & 1) == 1) {
      chunks.write(0);
    }
    return file(chunks.toByteArray(), EXIF, width, height);
  }
}
