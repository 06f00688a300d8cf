package dev.langevin.backend;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Bytes of a {@link Memory}. Owned by whoever allocated it; a slice lives as long as its block and is not closed.
 * Transfers may be made by any thread while no program uses the block, and have taken place when the call returns; they
 * allocate nothing.
 */
public interface Block extends AutoCloseable {

  /** Its size in bytes. */
  long bytes();

  /**
   * For binding: its address, size and slices are true, its content is the device's and may be out of the host's reach.
   */
  MemorySegment address();

  /** A part of this block: the same memory. */
  Block slice(long at, long bytes);

  /** Copies all of {@code host}, on the heap or native, to this block's bytes from {@code at} on. */
  void upload(MemorySegment host, long at);

  /** Fills all of {@code host}, on the heap or native, with this block's bytes from {@code at} on. */
  void download(MemorySegment host, long at);

  /** Copies a block of the same memory and size, which does not overlap this one. */
  void copyFrom(Block other);

  /**
   * Writes a pattern of 32 bits all over, {@code Float.floatToRawIntBits(x)} for a number.
   *
   * @throws IllegalStateException if the size is no multiple of 4
   */
  void fill(int value);

  /** The host's view, where there is one. For backends and plans; who else needs numbers transfers them. */
  default Optional<MemorySegment> host() {
    return Optional.empty();
  }

  /**
   * Whether its content is gone as the device has failed: transfers are a {@link DeviceLostException} from then on. It
   * is closed all the same. Any thread may ask.
   */
  default boolean lost() {
    return false;
  }

  /** Frees the memory, once; does nothing to a slice. */
  @Override
  void close();
}
