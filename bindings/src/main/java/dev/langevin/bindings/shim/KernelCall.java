package dev.langevin.bindings.shim;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A kernel with its block of arguments, which is filled once and used at each step. The block lives as long as the arena that it
 * was made in; the memory that it points to is the caller's. One call at a time; any thread.
 */
public final class KernelCall {

  /** One shape for all kernels; the function's address is an argument. */
  private static final class Call {
    static final MethodHandle INT_OF_POINTER = handle(ValueLayout.JAVA_INT);
    static final MethodHandle LONG_OF_POINTER = handle(ValueLayout.JAVA_LONG);

    @SuppressWarnings("restricted")
    private static MethodHandle handle(ValueLayout result) {
      return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(result, ValueLayout.JAVA_LONG));
    }
  }

  private final Kernel kernel;
  private final MemorySegment function;
  private final MemorySegment block;
  private final long address;

  /** A block of zeros: every pointer null, every flag off. */
  public KernelCall(Kernel kernel, Arena arena) {
    this.kernel = kernel;
    this.function = Shim.find(kernel.symbol());
    this.block = arena.allocate(kernel.struct().bytes(), 8);
    this.address = block.address();
  }

  /** Sets a pointer to the start of a segment; null for none. */
  public KernelCall pointer(String field, MemorySegment memory) {
    return pointer(field, 0, memory);
  }

  /** {@link #pointer(String, MemorySegment)} for an entry of an array. */
  public KernelCall pointer(String field, int index, MemorySegment memory) {
    if (memory != null && !memory.isNative()) {
      throw new IllegalArgumentException(kernel.symbol() + ": " + field + " lies on the heap; a kernel reads native memory only");
    }
    block.set(ValueLayout.JAVA_LONG, kernel.struct().offset('p', field, index), memory == null ? 0 : memory.address());
    return this;
  }

  public KernelCall integer(String field, long value) {
    block.set(ValueLayout.JAVA_LONG, kernel.struct().offset('l', field, 0), value);
    return this;
  }

  public KernelCall flag(String field, boolean value) {
    return integer(field, value ? 1 : 0);
  }

  public KernelCall real(String field, double value) {
    block.set(ValueLayout.JAVA_DOUBLE, kernel.struct().offset('d', field, 0), value);
    return this;
  }

  /** Bytes of scratch memory that the sizes set so far ask for; 0 for a kernel that needs none. */
  public long scratchBytes() {
    if (!kernel.needsScratch()) {
      return 0;
    }
    try {
      return (long) Call.LONG_OF_POINTER.invokeExact(Shim.find(kernel.scratchSymbol()), address);
    } catch (Throwable e) {
      throw new AssertionError(kernel.scratchSymbol(), e); // a downcall handle throws nothing
    }
  }

  /** Lends scratch memory, 64-byte aligned. */
  public KernelCall scratch(MemorySegment memory) {
    return pointer("scratch", memory).integer("scratch_bytes", memory.byteSize());
  }

  /**
   * Runs the kernel; allocates nothing.
   *
   * @throws dev.langevin.bindings.NativeException if the arguments are refused; then nothing was written
   */
  public void execute() {
    int status;
    try {
      status = (int) Call.INT_OF_POINTER.invokeExact(function, address);
    } catch (Throwable e) {
      throw new AssertionError(kernel.symbol(), e); // a downcall handle throws nothing
    }
    if (status != 0) {
      Shim.requireOk(kernel.symbol(), status);
    }
  }
}
