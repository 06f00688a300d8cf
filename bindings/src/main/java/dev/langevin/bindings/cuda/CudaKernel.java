package dev.langevin.bindings.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A kernel of a module, which takes one struct by value. */
public final class CudaKernel {

  private final String name;
  private final long function;

  CudaKernel(String name, long function) {
    this.name = name;
    this.function = function;
  }

  /** Lets its blocks ask for up to so many bytes of shared memory; without this, 48 KiB. */
  public void allowSharedMemory(int bytes) {
    Function.FUNCTION_ATTRIBUTE.call(name + ", " + bytes, function,
        Constant.FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES.value, bytes);
  }

  String name() {
    return name;
  }

  long function() {
    return function;
  }

  /**
   * Asks a stream to run it.
   *
   * @param grid blocks along x, y and z
   * @param threads of a block, along x
   * @param sharedMemory bytes of a block
   * @param arguments the struct, which is read before this returns
   */
  public void launch(CudaStream stream, int[] grid, int threads, int sharedMemory, MemorySegment arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pointers = arena.allocateFrom(ValueLayout.JAVA_LONG, arguments.address());
      Function.LAUNCH.call(name + ", " + grid[0] + "x" + grid[1] + "x" + grid[2] + " blocks of " + threads, function,
          grid[0], grid[1], grid[2], threads, 1, 1, sharedMemory, stream.address(), pointers.address(), 0L);
    }
  }
}
