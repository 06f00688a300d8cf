package dev.langevin.plan;

import dev.langevin.backend.Block;
import dev.langevin.tensor.ChangedFileException;
import dev.langevin.tensor.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form of a file of packed weights: the format's name and all that the file is found by, the SHA-256 of the weights
 * and that of this header, filled up to whole pages; then the weights, each at a multiple of 64 bytes. Where each lies
 * follows from what the file is found by.
 */
final class PackedFile {

  private static final int PAGE = 4096;

  /** Written at a time. Whole multiples of a huge page: Linux then maps the file's cached pages as such. */
  private static final int CHUNK = 8 << 20;

  private static final String FORMAT = "langevin packed weights 2";

  private static final int DIGEST_HEX = 64;

  /** More than the names of a network's weights take. */
  private static final long MOST_HEADER = 16L << 20;

  private static final Pattern HEADER =
      Pattern.compile(Pattern.quote(FORMAT) + "\n[^\0]*?\n([0-9a-f]{64})\n([0-9a-f]{64})\n\0", Pattern.DOTALL);

  private PackedFile() {}

  /** A file that holds a key's weights behind its header. */
  record Mapped(MappedFile file, MemorySegment weights) {}

  /** The weights, until the file is closed, or null if it is not whole or not the key's. */
  static Mapped map(Path path, WeightCache.Key key) throws IOException {
    MappedFile file = MappedFile.open(path);
    try {
      byte[] text = text(key);
      long header = headerBytes(text);
      MemorySegment bytes = file.bytes();
      if (bytes.byteSize() == header + key.bytes() && begins(bytes.asSlice(0, header), text)) {
        file.requireUnchanged();
        return new Mapped(file, bytes.asSlice(header));
      }
    } catch (ChangedFileException | InternalError e) { // the runtime's word for a page that is gone
      // as one that is not whole
    } catch (Throwable e) {
      file.close();
      throw e;
    }
    file.close();
    return null;
  }

  /** Whether the header is the key's, and as it was written. */
  private static boolean begins(MemorySegment header, byte[] text) {
    byte[] read = header.toArray(ValueLayout.JAVA_BYTE);
    int end = text.length + DIGEST_HEX + 1; // the digest of the weights stands in a line of its own
    return Arrays.equals(read, 0, text.length, text, 0, text.length)
        && new String(read, end, DIGEST_HEX, StandardCharsets.US_ASCII)
            .equals(hex(sha256().digest(Arrays.copyOf(read, end))));
  }

  /**
   * Reads a whole file and compares its weights with the digest in its header.
   *
   * @return null if they are what was written, else what is wrong
   */
  static String verify(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      byte[] start = new byte[(int) Math.min(channel.size(), MOST_HEADER)];
      ByteBuffer into = ByteBuffer.wrap(start);
      while (into.hasRemaining() && channel.read(into) >= 0) {}
      Matcher header = HEADER.matcher(new String(start, StandardCharsets.ISO_8859_1));
      if (!header.lookingAt() || !header.group(2).equals(hex(sha256().digest(Arrays.copyOf(start, header.start(2)))))) {
        return "its header is damaged";
      }
      channel.position(Math.ceilDiv(header.end() + 1L, PAGE) * PAGE);
      MessageDigest digest = sha256();
      ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
      while (channel.read(chunk) >= 0) {
        digest.update(chunk.flip());
        chunk.clear();
      }
      return hex(digest.digest()).equals(header.group(1)) ? null : "its weights are not those that were written";
    }
  }

  /** Writes all of it to the disk: a file that is only renamed later must not lose its end to a failure of power. */
  static void write(Path path, WeightCache.Key key, List<Block> weights) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        Arena arena = Arena.ofConfined()) {
      byte[] text = text(key);
      channel.position(headerBytes(text));
      Chunks chunks = new Chunks(channel, arena.allocate(CHUNK));
      for (Block weight : weights) {
        chunks.add(weight.bytes(), (at, part) -> weight.download(part, at));
        chunks.align();
      }
      chunks.flush();
      channel.write(ByteBuffer.wrap(header(text, chunks.digest.digest())), 0);
      channel.force(true);
    }
  }

  private static byte[] text(WeightCache.Key key) {
    return (FORMAT + "\n" + key.text() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static int headerBytes(byte[] text) {
    return Math.ceilDiv(text.length + 2 * (DIGEST_HEX + 1), PAGE) * PAGE;
  }

  /** The text, the digest of the weights, and that of both. */
  private static byte[] header(byte[] text, byte[] weights) {
    byte[] header = Arrays.copyOf(text, headerBytes(text));
    byte[] first = (hex(weights) + "\n").getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(first, 0, header, text.length, first.length);
    int end = text.length + first.length;
    byte[] second = (hex(sha256().digest(Arrays.copyOf(header, end))) + "\n").getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(second, 0, header, end, second.length);
    return header;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java runtime has it
    }
  }

  private static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }

  /** Where bytes come from. */
  private interface Source {

    /** Fills all of a part of the chunk with the bytes from {@code at} on. */
    void read(long at, MemorySegment part);
  }

  /** Gathers what is written, so that each write but the last is of a chunk. */
  private static final class Chunks {

    private final MessageDigest digest = sha256();
    private final FileChannel channel;
    private final MemorySegment chunk;
    private long filled;

    Chunks(FileChannel channel, MemorySegment chunk) {
      this.channel = channel;
      this.chunk = chunk;
    }

    void add(long bytes, Source source) throws IOException {
      for (long done = 0; done < bytes;) {
        long part = Math.min(bytes - done, chunk.byteSize() - filled);
        source.read(done, chunk.asSlice(filled, part));
        done += part;
        advance(part);
      }
    }

    void align() throws IOException {
      long rest = PackedWeights.aligned(filled) - filled; // a chunk is a multiple of the alignment
      chunk.asSlice(filled, rest).fill((byte) 0);
      advance(rest);
    }

    private void advance(long bytes) throws IOException {
      filled += bytes;
      if (filled == chunk.byteSize()) {
        flush();
      }
    }

    void flush() throws IOException {
      ByteBuffer rest = chunk.asSlice(0, filled).asByteBuffer();
      digest.update(rest.duplicate());
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      filled = 0;
    }
  }
}
