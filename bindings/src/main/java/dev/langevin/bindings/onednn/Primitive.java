package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * An operation bound to its memory. Its arguments are one block, built once: {@link #execute} is a single downcall of
 * four plain numbers and allocates nothing. One thread at a time. Executing it after the engine, the stream or an arena
 * of its memory is closed is an {@link IllegalStateException}.
 */
public final class Primitive extends Handle {

  /** Argument numbers of oneDNN. */
  public static final int SRC = 1;
  public static final int SRC_1 = 2;
  public static final int DST = 17;
  public static final int WEIGHTS = 33;
  public static final int BIAS = 41;
  public static final int DIFF_SRC = 129;
  public static final int DIFF_DST = 145;
  public static final int DIFF_WEIGHTS = 161;
  public static final int DIFF_BIAS = 169;
  public static final int MULTIPLE_SRC = 1024;

  /** Second operand of post-op {@code index}. */
  public static int postOpOperand(int index) {
    return Constant.ARG_POST_OP_BASE.value * (index + 1) | SRC_1;
  }

  /** Weights of post-op {@code index}. */
  public static int postOpWeights(int index) {
    return Constant.ARG_POST_OP_BASE.value * (index + 1) | WEIGHTS;
  }

  /** One argument: its number, its layout and the address of its data. */
  public record Argument(int number, MemoryDesc desc, MemorySegment data) {}

  private static final class Execute {
    static final MethodHandle HANDLE = Function.PRIMITIVE_EXECUTE.function().handle();
  }

  private static final class Memory extends Handle {
    Memory(String what, MemoryDesc desc, Engine engine, MemorySegment data) {
      super(create(Function.MEMORY_CREATE, what, desc.address(), engine.address(), data.address()), Kind.MEMORY,
          Function.MEMORY_DESTROY);
    }
  }

  private final Arena arena = LiveHandles.shared();
  private final List<Memory> memories = new ArrayList<>();
  private final NativeMemory data = new NativeMemory();
  private final String what;
  private final Engine engine;
  private final Stream stream;
  private final int count;
  private final long arguments;

  /** {@code what} names the operation in errors. The scratchpad is used where the implementation needs one. */
  public Primitive(String what, Engine engine, Stream stream, PrimitiveDesc desc, List<Argument> arguments,
      MemorySegment scratchpad) {
    super(create(Function.PRIMITIVE_CREATE, what, desc.address()), Kind.PRIMITIVE, Function.PRIMITIVE_DESTROY);
    this.what = what;
    this.engine = engine;
    this.stream = stream;
    boolean scratch = desc.scratchpadSize() > 0;
    this.count = arguments.size() + (scratch ? 1 : 0);
    MemorySegment block = arena.allocate(Layout.EXEC_ARG.struct.bytes() * count, 8);
    this.arguments = block.address();
    try {
      for (int i = 0; i < arguments.size(); i++) {
        Argument a = arguments.get(i);
        put(block, i, a.number(), memory(a.desc(), a.data()));
      }
      if (scratch) {
        try (MemoryDesc scratchpadDesc = desc.scratchpadDesc()) {
          put(block, count - 1, Constant.ARG_SCRATCHPAD.value, memory(scratchpadDesc, scratchpad));
        }
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private long memory(MemoryDesc desc, MemorySegment segment) {
    if (!segment.isNative() || segment.byteSize() < desc.extent()) {
      throw new NativeException(
          what + ": " + desc + " takes " + desc.extent() + " bytes of native memory, not " + segment);
    }
    data.put(memories.size(), segment);
    Memory memory = new Memory(what, desc, engine, segment);
    memories.add(memory);
    return memory.address();
  }

  private static void put(MemorySegment block, int index, int number, long memory) {
    long start = index * Layout.EXEC_ARG.struct.bytes();
    block.set(ValueLayout.JAVA_INT, start + Layout.EXEC_ARG.offset("arg"), number);
    block.set(ValueLayout.JAVA_LONG, start + Layout.EXEC_ARG.offset("memory"), memory);
  }

  /** Runs the operation; when this returns it is done. */
  public void execute() {
    checkOpen();
    int status;
    try {
      status = (int) Execute.HANDLE.invokeExact(address(), stream.address(), count, arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall handle throws nothing checked
    }
    if (status != 0) {
      throw Function.PRIMITIVE_EXECUTE.failure(what, status);
    }
  }

  /** Throws an {@link IllegalStateException} if this or anything that it works with is closed. */
  private void checkOpen() {
    address();
    engine.address();
    stream.address();
    data.checkOpen();
  }

  @Override
  public void close() {
    try {
      closeMemories(memories.size() - 1);
    } finally {
      try {
        if (arena.scope().isAlive()) {
          arena.close();
        }
      } finally {
        super.close();
      }
    }
  }

  /** From {@code last} on to the first; one that fails does not keep the rest. */
  private void closeMemories(int last) {
    for (int i = last; i >= 0; i--) {
      try {
        memories.get(i).close();
      } catch (RuntimeException e) {
        closeMemories(i - 1);
        throw e;
      }
    }
  }

  /** The name that it was given. */
  @Override
  public String toString() {
    return what;
  }
}
