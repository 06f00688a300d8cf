package dev.langevin.bindings.onednn;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * An operation bound to its memory. Its arguments are one block, built once: {@link #execute} is a single downcall of four
 * plain numbers and allocates nothing. One thread at a time. The memory it was given must outlive it.
 */
public final class Primitive extends Handle {

  /** Argument numbers of oneDNN. */
  public static final int SRC = 1;
  public static final int SRC_1 = 2;
  public static final int DST = 17;
  public static final int WEIGHTS = 33;
  public static final int BIAS = 41;
  public static final int SCALE = 51;
  public static final int SHIFT = 52;
  public static final int SCRATCHPAD = 80;
  public static final int MULTIPLE_SRC = 1024;

  private static final long ARGUMENT_BYTES = 16; // dnnl_exec_arg_t: int arg, padding, pointer memory

  /** Second operand of post-op {@code index}. */
  public static int postOpOperand(int index) {
    return 32768 * (index + 1) | SRC_1;
  }

  /** One argument: its number, its layout and the address of its data. */
  public record Argument(int number, MemoryDesc desc, MemorySegment data) {}

  private static final class Execute {
    /** dnnl_primitive_execute(primitive, stream, count, arguments). */
    static final MethodHandle HANDLE = handle();

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
      return java.lang.foreign.Linker.nativeLinker().downcallHandle(Function.address("dnnl_primitive_execute"),
          java.lang.foreign.FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    }
  }

  private final Arena arena = Arena.ofShared();
  private final List<Long> memories = new ArrayList<>();
  private final String what;
  private final long primitive;
  private final long stream;
  private final int count;
  private final long arguments;

  /** {@code what} names the operation in errors. The scratchpad is used where the implementation needs one. */
  public Primitive(String what, Engine engine, Stream stream, PrimitiveDesc desc, List<Argument> arguments,
      MemorySegment scratchpad) {
    super(create(Function.PRIMITIVE_CREATE, what, desc.address()), Function.PRIMITIVE_DESTROY);
    this.what = what;
    this.primitive = address();
    this.stream = stream.address();
    boolean scratch = desc.scratchpadSize() > 0;
    this.count = arguments.size() + (scratch ? 1 : 0);
    MemorySegment block = arena.allocate(ARGUMENT_BYTES * count, 8);
    for (int i = 0; i < arguments.size(); i++) {
      Argument a = arguments.get(i);
      put(block, i, a.number(), memory(engine, a.desc(), a.data()));
    }
    if (scratch) {
      try (MemoryDesc scratchpadDesc = desc.scratchpadDesc()) {
        put(block, count - 1, SCRATCHPAD, memory(engine, scratchpadDesc, scratchpad));
      }
    }
    this.arguments = block.address();
  }

  private long memory(Engine engine, MemoryDesc desc, MemorySegment data) {
    if (!data.isNative() || data.byteSize() < desc.extent()) {
      throw new NativeException(what + ": " + desc + " takes " + desc.extent() + " bytes of native memory, not " + data);
    }
    long memory = create(Function.MEMORY_CREATE, what, desc.address(), engine.address(), data.address());
    memories.add(memory);
    return memory;
  }

  private static void put(MemorySegment block, int index, int number, long memory) {
    block.set(ValueLayout.JAVA_INT, index * ARGUMENT_BYTES, number);
    block.set(ValueLayout.JAVA_LONG, index * ARGUMENT_BYTES + 8, memory);
  }

  /** Runs the operation; when this returns it is done. */
  public void execute() {
    int status;
    try {
      status = (int) Execute.HANDLE.invokeExact(primitive, stream, count, arguments);
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall handle throws nothing
    }
    if (status != 0) {
      throw new NativeException(
          "dnnl_primitive_execute(" + what + "): " + Function.statusName(status) + " (" + status + ")");
    }
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      memories.forEach(memory -> Function.MEMORY_DESTROY.call(what, memory));
    }
    super.close();
  }
}
