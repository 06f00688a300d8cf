package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of the host that a device reads and writes beside the processor's work, as it cannot be paged out. */
public final class CudaHostBlock extends NativeHandle {

  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;

  private CudaHostBlock(long address, long bytes) {
    super(address, Kind.CUDA_HOST_BLOCK);
    segment = segment(address, bytes, arena);
  }

  /** Takes a block whose content is anything. */
  public static CudaHostBlock allocate(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("a block of " + bytes + " bytes");
    }
    return new CudaHostBlock(Function.ALLOCATE_HOST.create(bytes + " bytes", bytes, 0), bytes);
  }

  /** The memory, for any thread; not after {@link #close}. */
  public MemorySegment segment() {
    return segment;
  }

  @Override
  protected void destroy(long open) {
    arena.close();
    Function.FREE_HOST.call("", open);
  }

  @SuppressWarnings("restricted")
  private static MemorySegment segment(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
  }
}
