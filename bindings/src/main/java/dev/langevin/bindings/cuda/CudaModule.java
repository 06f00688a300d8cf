package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Kernels that were compiled together, on a device. */
public final class CudaModule extends NativeHandle {

  private CudaModule(long address) {
    super(address, Kind.CUDA_MODULE);
  }

  /** @param image a cubin, or PTX */
  public static CudaModule load(byte[] image) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(image.length + 1L); // PTX ends with a zero
      MemorySegment.copy(image, 0, data, ValueLayout.JAVA_BYTE, 0, image.length);
      return new CudaModule(Function.MODULE_LOAD_DATA.create(image.length + " bytes", data.address()));
    }
  }

  /** A kernel by the name in its source, which is {@code extern "C"}; it lives as long as this module. */
  public CudaKernel kernel(String name) {
    try (Arena arena = Arena.ofConfined()) {
      return new CudaKernel(name,
          Function.MODULE_FUNCTION.create(name, address(), arena.allocateFrom(name).address()));
    }
  }

  @Override
  protected void destroy(long open) {
    Function.MODULE_UNLOAD.call("", open);
  }
}
