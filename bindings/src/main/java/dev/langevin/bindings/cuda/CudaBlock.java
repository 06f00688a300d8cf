package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A block of a device's memory. Its segment carries the device's address: it can be sliced and asked for its size, and
 * whatever reads or writes it from Java fails, as its arena belongs to a thread that has ended.
 */
public final class CudaBlock extends NativeHandle {

  /** All addresses, in an arena that is nobody's. */
  private static final MemorySegment UNREACHABLE = unreachable();

  private final MemorySegment segment;

  private CudaBlock(long address, long bytes) {
    super(address, Kind.CUDA_BLOCK);
    segment = UNREACHABLE.asSlice(address, bytes);
  }

  /**
   * Takes a block, at a multiple of 256, whose content is anything.
   *
   * @throws CudaException that is {@link CudaException#outOfMemory}, if the device has too little
   */
  public static CudaBlock allocate(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("a block of " + bytes + " bytes");
    }
    return new CudaBlock(Function.ALLOCATE.create(bytes + " bytes", bytes), bytes);
  }

  /** The block as an address and a size; see the class. */
  public MemorySegment segment() {
    address(); // throws if closed
    return segment;
  }

  @Override
  protected void destroy(long open) {
    Function.FREE.call("", open);
  }

  /** Not a lambda of this class: it would wait for the class, which waits for it. */
  private static final class Maker extends Thread {
    private MemorySegment made;

    @Override
    @SuppressWarnings("restricted")
    public void run() {
      made = MemorySegment.NULL.reinterpret(Long.MAX_VALUE, Arena.ofConfined(), null);
    }
  }

  private static MemorySegment unreachable() {
    Maker maker = new Maker();
    maker.start();
    boolean interrupted = false;
    while (maker.isAlive()) {
      try {
        maker.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return maker.made;
  }
}
