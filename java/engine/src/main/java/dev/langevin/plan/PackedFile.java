package dev.langevin.plan;

import dev.langevin.backend.Block;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * The form of a file of packed weights: the format's name and all that the file is found by, filled up to whole pages; then the weights, each
 * at a multiple of 64 bytes. Where each lies follows from what the file is found by.
 */
final class PackedFile {

  private static final int PAGE = 4096;

  /** Written at a time. Whole multiples of a huge page: Linux then maps the file's cached pages as such. */
  private static final int CHUNK = 8 << 20;

  private static final String FORMAT = "langevin packed weights 1";

  private PackedFile() {}

  /** The weights, mapped until the arena is closed, or null if the file is not whole or not the key's. */
  static MemorySegment map(Path path, WeightCache.Key key, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      byte[] header = header(key);
      if (channel.size() != header.length + key.bytes()) {
        return null;
      }
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return file.asSlice(0, header.length).mismatch(MemorySegment.ofArray(header)) < 0 ? file.asSlice(header.length) : null;
    }
  }

  /** Writes all of it to the disk: a file that is only renamed later must not lose its end to a failure of power. */
  static void write(Path path, WeightCache.Key key, List<Block> weights) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        Arena arena = Arena.ofConfined()) {
      Chunks chunks = new Chunks(channel, arena.allocate(CHUNK));
      byte[] header = header(key);
      chunks.add(header.length, (at, part) -> part.copyFrom(MemorySegment.ofArray(header).asSlice(at, part.byteSize())));
      for (Block weight : weights) {
        chunks.add(weight.bytes(), (at, part) -> weight.download(part, at));
        chunks.align();
      }
      chunks.flush();
      channel.force(true);
    }
  }

  private static byte[] header(WeightCache.Key key) {
    byte[] text = (FORMAT + "\n" + key.text() + "\n").getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(text, Math.ceilDiv(text.length, PAGE) * PAGE);
  }

  /** Where bytes come from. */
  private interface Source {

    /** Fills all of a part of the chunk with the bytes from {@code at} on. */
    void read(long at, MemorySegment part);
  }

  /** Gathers what is written, so that each write but the last is of a chunk. */
  private static final class Chunks {

    private final FileChannel channel;
    private final MemorySegment chunk;
    private long filled;

    Chunks(FileChannel channel, MemorySegment chunk) {
      this.channel = channel;
      this.chunk = chunk;
    }

    void add(long bytes, Source source) throws IOException {
      for (long done = 0; done < bytes; ) {
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
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      filled = 0;
    }
  }
}
