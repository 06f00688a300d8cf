package dev.langevin.training.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;

/** What tells a file from another: its size and content, of large ones a sample of it. */
public final class FileDigest {

  /** Bytes that are read at a time, and at each of the places of a sample. */
  private static final int CHUNK = 1 << 16;

  private static final int PLACES = 64;

  private FileDigest() {}

  /**
   * Adds a file to a digest.
   *
   * @param whole size in bytes up to which all of it is read; of a larger one, evenly spaced parts are, both ends among
   *   them
   * @throws DatasetException if it cannot be read
   */
  public static void add(Path file, long whole, MessageDigest digest) {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
      boolean sampled = size > whole && size > (long) PLACES * CHUNK;
      long step = sampled ? (size - CHUNK) / (PLACES - 1) : CHUNK;
      for (long at = 0; at < size; at += step) {
        chunk.clear();
        while (chunk.hasRemaining() && channel.read(chunk, at + chunk.position()) > 0) {}
        digest.update(chunk.flip());
      }
    } catch (IOException e) {
      throw new DatasetException(file + " cannot be read: " + e, e);
    }
  }
}
