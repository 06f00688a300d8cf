package dev.langevin.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file's bytes by their places, read piece by piece: a picture's size never decides how much memory is taken. */
final class FileWindow implements AutoCloseable {

  /** Bytes that are read at once. */
  private static final int AHEAD = 1 << 16;

  /** Most that is kept of what cannot be read at any place, such as a pipe. */
  private static final int MOST_OF_A_STREAM = 64 << 20;

  private final FileChannel channel; // or null where all is in the window
  private final long size;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long start; // of the window

  private FileWindow(FileChannel channel, long size, ByteBuffer window) {
    this.channel = channel;
    this.size = size;
    this.window = window;
  }

  static FileWindow open(Path file) throws IOException {
    if (Files.isRegularFile(file)) {
      FileChannel channel = FileChannel.open(file);
      return new FileWindow(channel, channel.size(), ByteBuffer.allocate(0));
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_OF_A_STREAM + 1);
      if (bytes.length > MOST_OF_A_STREAM) {
        throw new IOException("is no regular file and has more than " + MOST_OF_A_STREAM + " bytes; save it first");
      }
      return new FileWindow(null, bytes.length, ByteBuffer.wrap(bytes));
    }
  }

  static FileWindow of(byte[] bytes) {
    return new FileWindow(null, bytes.length, ByteBuffer.wrap(bytes));
  }

  long size() {
    return size;
  }

  /**
   * Bytes from a place on, big-endian.
   *
   * @throws EOFException if the file ends before
   */
  ByteBuffer at(long place, int length) throws IOException {
    if (place < 0 || length < 0 || place > size - length) {
      throw new EOFException();
    }
    if (place < start || place + length > start + window.limit()) {
      fill(place, (int) Math.min(Math.max(length, AHEAD), size - place));
      if (length > window.limit()) {
        throw new EOFException(); // the file has become shorter
      }
    }
    return window.slice((int) (place - start), length);
  }

  private void fill(long place, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining() && channel.read(bytes, place + bytes.position()) > 0) {
      continue;
    }
    window = bytes.flip();
    start = place;
  }

  int byteAt(long place) throws IOException {
    return at(place, 1).get() & 255;
  }

  int shortAt(long place) throws IOException {
    return at(place, 2).getShort() & 0xffff;
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
