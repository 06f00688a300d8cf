package dev.langevin.bindings.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A launch of a kernel that is made again and again: on a grid of one dimension, with one struct of arguments, which is
 * read anew each time. It lives as long as its arena and its module.
 */
public final class CudaLaunch {

  private static final MethodHandle LAUNCH = Function.LAUNCH.function().handle();

  private final CudaKernel kernel;
  private final int threads;
  private final MemorySegment pointers;
  private int blocks = 1;

  /** @param arguments native memory that lives as long as {@code arena} */
  public CudaLaunch(CudaKernel kernel, int threads, MemorySegment arguments, Arena arena) {
    this.kernel = kernel;
    this.threads = threads;
    this.pointers = arena.allocateFrom(ValueLayout.JAVA_LONG, arguments.address());
  }

  /** Sets how many blocks there are; one at first. */
  public void blocks(int count) {
    blocks = count;
  }

  /** Asks a stream for it. */
  public void run(CudaStream stream) {
    try {
      int status = (int) LAUNCH.invokeExact(kernel.function(), blocks, 1, 1, threads, 1, 1, 0, stream.address(),
          pointers.address(), 0L);
      if (status != 0) {
        Function.LAUNCH.check(kernel.name() + ", " + blocks + " blocks of " + threads, status);
      }
    } catch (Throwable e) {
      throw CudaStream.unchecked(e);
    }
  }
}
