package dev.langevin.bindings.shim;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/**
 * A kernel with its block of arguments, which is filled once and used at each step. Fields are named as in langevin.h;
 * a name or type that is not there is an {@link IllegalArgumentException}. The block lives until this is closed, or as
 * long as the arena that it was made in; the memory that it points to is the caller's. Executing it after either is
 * closed is an {@link IllegalStateException}. One call at a time; any thread, but one without an arena of the caller's
 * is set and closed by the thread that made it.
 */
public final class KernelCall implements AutoCloseable {

  /** Of the address of any kernel and of its block: one shape, so that this handle is a constant for the JVM. */
  private static final class Call {
    static final MethodHandle HANDLE = handle();

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
      return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    }
  }

  private final Kernel kernel;
  private final MemorySegment function;
  private final Arena arena;
  private final boolean owned;
  private final Block args;

  /** A block of zeros, every pointer null and every flag off, of this call's own. */
  public KernelCall(Kernel kernel) {
    this(kernel, null);
  }

  /** As {@link #KernelCall(Kernel)}, in an arena of the caller's. */
  public KernelCall(Kernel kernel, Arena arena) {
    this.kernel = kernel;
    this.function = Shim.entry(kernel.function);
    this.owned = arena == null;
    this.arena = owned ? LiveHandles.confined() : arena;
    this.args = new Block(this.arena, kernel.args.struct, 1);
  }

  /** Sets a pointer to the start of a segment; null for none. */
  public KernelCall pointer(String field, MemorySegment memory) {
    return pointer(field, 0, memory);
  }

  /** {@link #pointer(String, MemorySegment)} for an entry of an array. */
  public KernelCall pointer(String field, int index, MemorySegment memory) {
    args.pointer(field, index, memory);
    return this;
  }

  /** Sets a pointer to a copy of f32 numbers that lives as long as the block. */
  public KernelCall numbers(String field, float... values) {
    return pointer(field, arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
  }

  public KernelCall integer(String field, long value) {
    args.integer(0, field, value);
    return this;
  }

  public KernelCall flag(String field, boolean value) {
    return integer(field, value ? 1 : 0);
  }

  public KernelCall choice(String field, Choice value) {
    return integer(field, value.value);
  }

  /** {@link #choice(String, Choice)} for an entry of an array. */
  public KernelCall choice(String field, int index, Choice value) {
    args.integer(0, field, index, value.value);
    return this;
  }

  public KernelCall real(String field, double value) {
    return real(field, 0, value);
  }

  /** {@link #real(String, double)} for an entry of an array. */
  public KernelCall real(String field, int index, double value) {
    args.real(0, field, index, value);
    return this;
  }

  /** Bytes of scratch memory that the sizes set so far ask for; 0 for a kernel that needs none. */
  public long scratchBytes() {
    return kernel.scratchBytes == null ? 0 : kernel.scratchBytes.invoke(args.address()).longValue();
  }

  /** Bytes of dst that the sizes set so far ask for, where the library alone knows its layout. */
  public long resultBytes() {
    return kernel.resultBytes.invoke(args.address()).longValue();
  }

  /** Lends scratch memory, 64-byte aligned. */
  public KernelCall scratch(MemorySegment memory) {
    return pointer("scratch", memory).integer("scratch_bytes", memory.byteSize());
  }

  /**
   * Runs the kernel; allocates nothing.
   *
   * @throws NativeException if the arguments are refused; then nothing was written
   */
  public void execute() {
    int status = call(function, args.address());
    Reference.reachabilityFence(this); // memory in an automatic arena must not be freed before the kernel has read it
    if (status != Constant.OK.value) {
      throw new NativeException(this + ": " + Shim.statusText(status));
    }
  }

  static int call(MemorySegment function, long block) {
    try {
      return (int) Call.HANDLE.invokeExact(function, block);
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall handle throws nothing
    }
  }

  /** Frees the block, once, if no arena of the caller's holds it. */
  @Override
  public void close() {
    if (owned && arena.scope().isAlive()) {
      arena.close();
    }
  }

  /** The kernel with its arguments, as they are set now. */
  @Override
  public String toString() {
    return kernel.function.symbol() + "(" + args + ")";
  }
}
