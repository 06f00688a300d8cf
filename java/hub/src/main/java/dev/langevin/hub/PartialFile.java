package dev.langevin.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A file of which a part is there, and the hash of that part: nothing is read twice but what an earlier run left. */
final class PartialFile implements AutoCloseable {

  private static final int SHA256_DIGITS = 64;

  private static final int BLOCK = 1 << 20;

  private final HubFile file;
  private final FileChannel channel;
  private MessageDigest digest;
  private long length;

  private PartialFile(HubFile file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Opens what is there, or nothing; more than the whole file is nothing. */
  static PartialFile open(Path path, HubFile file) throws IOException {
    PartialFile partial = new PartialFile(file, FileChannel.open(path, StandardOpenOption.CREATE,
        StandardOpenOption.READ, StandardOpenOption.WRITE));
    try {
      partial.begin();
      if (partial.channel.size() > file.bytes()) {
        partial.restart();
      }
      ByteBuffer block = ByteBuffer.allocate(BLOCK);
      while (partial.channel.read(block.clear()) > 0) {
        partial.length += block.position();
        partial.digest.update(block.flip());
      }
      return partial;
    } catch (IOException | RuntimeException e) {
      partial.close();
      throw e;
    }
  }

  /** Git hashes a blob with its size before it. */
  private void begin() {
    boolean large = file.hash().length() == SHA256_DIGITS;
    try {
      digest = MessageDigest.getInstance(large ? "SHA-256" : "SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has them
    }
    if (!large) {
      digest.update(("blob " + file.bytes() + "\0").getBytes(StandardCharsets.US_ASCII));
    }
    length = 0;
  }

  /** Throws away what is there. */
  void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
    begin();
  }

  void write(byte[] bytes, int count) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes, 0, count);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
    digest.update(bytes, 0, count);
    length += count;
  }

  /** Bytes that are there. */
  long length() {
    return length;
  }

  boolean isWhole() {
    return length == file.bytes();
  }

  /** The hash of what is there, after which nothing can be added. */
  String hash() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Waits until the disk has it: a name must not outlive its bytes. */
  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
