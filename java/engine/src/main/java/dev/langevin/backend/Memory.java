package dev.langevin.backend;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A device's memory, which need not be the host's. Used by any thread. */
public interface Memory {

  /** Bytes that the device has, for all its users together. */
  long capacity();

  /** Bytes of the blocks that were allocated and not closed. */
  long used();

  /**
   * Bytes that blocks can take in all: those of {@link #used}, and what the device's other users leave. The largest
   * number where that is told by trying alone, as of a host, whose system takes memory from elsewhere.
   */
  default long limit() {
    return Long.MAX_VALUE;
  }

  /** What addresses of blocks and of the values in them are multiples of, in bytes; a power of two. */
  long alignment();

  /**
   * Allocates a block, whose content is undefined; the caller closes it.
   *
   * @param bytes at least 0
   * @throws OutOfMemoryError if there are not so many
   */
  Block allocate(long bytes);

  /**
   * A block that is memory of the host's, where kernels can read that, such as a mapped file; empty on a device, to
   * which it must be uploaded. Closing it frees nothing.
   *
   * @param host native, alive as long as the block is used, perhaps read-only
   */
  default Optional<Block> over(MemorySegment host) {
    return Optional.empty();
  }

  /** Tells whether a mapped file has lost pages that a kernel touched. Closed before the file is unmapped. */
  interface Guard extends AutoCloseable {

    /** Whether pages were lost since it was made. */
    boolean broken();

    @Override
    void close();
  }

  /**
   * Guards a mapped file that kernels read: pages that it loses, as one that is truncated does, read as zeros instead
   * of ending the process.
   *
   * @param mapped not empty
   */
  default Guard guard(MemorySegment mapped) {
    return new Guard() {
      @Override
      public boolean broken() {
        return false;
      }

      @Override
      public void close() {}
    };
  }
}
