package dev.langevin.bindings.kernels;

import dev.langevin.bindings.abi.Block;
import dev.langevin.bindings.cuda.CudaKernel;
import dev.langevin.bindings.cuda.CudaLaunch;
import dev.langevin.bindings.cuda.CudaStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A kernel with its arguments, which are filled once and read at each launch. Fields are named as in langevin_cuda.h; a
 * name or type that is not there is an {@link IllegalArgumentException}. It lives as long as its arena and its module;
 * the memory that it points to is the caller's. One thread at a time.
 */
public final class KernelLaunch {

  private final Kernel kernel;
  private final Block args;
  private final CudaLaunch launch;

  /**
   * Arguments of zeros: every pointer null and every flag off.
   *
   * @param loaded that kernel, of a module
   */
  public KernelLaunch(Kernel kernel, CudaKernel loaded, Arena arena) {
    this.kernel = kernel;
    this.args = new Block(arena, kernel.args.struct, 1);
    this.launch = new CudaLaunch(loaded, kernel.threads, args.memory(), arena);
  }

  /** Sets a pointer to the start of a segment; null for none. */
  public KernelLaunch pointer(String field, MemorySegment memory) {
    return pointer(field, 0, memory);
  }

  /** {@link #pointer(String, MemorySegment)} for an entry of an array. */
  public KernelLaunch pointer(String field, int index, MemorySegment memory) {
    args.pointer(field, index, memory);
    return this;
  }

  public KernelLaunch integer(String field, long value) {
    args.integer(0, field, value);
    return this;
  }

  /** Entries of an array, from the first on. */
  public KernelLaunch integers(String field, long... values) {
    for (int i = 0; i < values.length; i++) {
      args.integer(0, field, i, values[i]);
    }
    return this;
  }

  public KernelLaunch flag(String field, boolean value) {
    return integer(field, value ? 1 : 0);
  }

  public KernelLaunch choice(String field, Constant value) {
    return integer(field, value.value);
  }

  /** {@link #choice(String, Constant)} for an entry of an array. */
  public KernelLaunch choice(String field, int index, Constant value) {
    args.integer(0, field, index, value.value);
    return this;
  }

  /** {@link #integer} for an entry of an array. */
  public KernelLaunch integer(String field, int index, long value) {
    args.integer(0, field, index, value);
    return this;
  }

  public KernelLaunch real(String field, double value) {
    return real(field, 0, value);
  }

  /** {@link #real(String, double)} for an entry of an array. */
  public KernelLaunch real(String field, int index, double value) {
    args.real(0, field, index, value);
    return this;
  }

  /** How many units of work there are: as many blocks as fit a grid. */
  public KernelLaunch units(long units) {
    launch.blocks(Math.clamp(units, 1, Integer.MAX_VALUE));
    return this;
  }

  /** Asks a stream for it; allocates nothing. */
  public void run(CudaStream stream) {
    args.address(); // throws if what it points to is closed
    launch.run(stream);
  }

  /** The kernel with its arguments, as they are set now. */
  @Override
  public String toString() {
    return kernel.symbol + "(" + args + ")";
  }
}
