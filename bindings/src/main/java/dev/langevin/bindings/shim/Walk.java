package dev.langevin.bindings.shim;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.bindings.onednn.Primitive;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * Kernels and primitives that run in order in one downcall: what a small network's step is made of. It owns neither; its
 * arrays lie in the arena that it was built in. Running it after that arena, a kernel's memory or a primitive is closed is an
 * {@link IllegalStateException}. One thread at a time.
 */
public final class Walk {

  /** Collects the commands. */
  public static final class Builder {

    private final List<Object> commands = new ArrayList<>();

    public Builder() {}

    public Builder add(KernelCall kernel) {
      commands.add(kernel);
      return this;
    }

    public Builder add(Primitive primitive) {
      commands.add(primitive);
      return this;
    }

    public Walk build(Arena arena) {
      return new Walk(arena, List.copyOf(commands));
    }
  }

  private final List<Object> commands;
  private final KernelCall[] kernels;
  private final Primitive[] primitives;
  private final MemorySegment entry = Shim.entry(Function.WALK);
  private final Block args;
  private final Block timedArgs;
  private final MemorySegment nanoseconds;

  private Walk(Arena arena, List<Object> commands) {
    this.commands = commands;
    this.kernels = commands.stream().filter(KernelCall.class::isInstance).toArray(KernelCall[]::new);
    this.primitives = commands.stream().filter(Primitive.class::isInstance).toArray(Primitive[]::new);
    this.nanoseconds = arena.allocate(ValueLayout.JAVA_LONG, commands.size());
    Block array = new Block(arena, Layout.COMMAND, commands.size());
    for (int i = 0; i < commands.size(); i++) {
      if (commands.get(i) instanceof Primitive primitive) {
        array.integer(i, "kind", Constant.COMMAND_PRIMITIVE.value);
        array.address(i, "function", OneDnn.primitiveExecuteAddress());
        array.address(i, "args", primitive.argumentsAddress());
        array.address(i, "primitive", primitive.address());
        array.address(i, "stream", primitive.streamAddress());
        array.integer(i, "arg_count", primitive.argumentCount());
      } else {
        KernelCall kernel = (KernelCall) commands.get(i);
        array.integer(i, "kind", Constant.COMMAND_KERNEL.value);
        array.address(i, "function", kernel.function().address());
        array.address(i, "args", kernel.args().address());
      }
    }
    this.args = new Block(arena, Layout.WALK, 1);
    this.timedArgs = new Block(arena, Layout.WALK, 1);
    for (Block block : List.of(args, timedArgs)) {
      block.pointer("commands", 0, array.memory());
      block.integer(0, "count", commands.size());
    }
    timedArgs.pointer("nanoseconds", 0, nanoseconds);
  }

  /**
   * Executes every command; when this returns all are done. Allocates nothing.
   *
   * @throws NativeException if a command fails; it is named, and those behind it have not run
   */
  public void execute() {
    run(args);
  }

  /** As {@link #execute}, and measures each command; see {@link #nanoseconds}. */
  public void executeTimed() {
    run(timedArgs);
  }

  /** How long command {@code index} took in the last {@link #executeTimed}. */
  public long nanoseconds(int index) {
    return nanoseconds.getAtIndex(ValueLayout.JAVA_LONG, index);
  }

  private void run(Block block) {
    for (KernelCall kernel : kernels) {
      kernel.args().address(); // throws if closed
    }
    for (Primitive primitive : primitives) {
      primitive.checkOpen();
    }
    int status = KernelCall.call(entry, block.address());
    Reference.reachabilityFence(this);
    if (status != Constant.OK.value) {
      throw failure(status, block);
    }
  }

  private NativeException failure(int status, Block block) {
    int index = (int) block.integer(0, "failed_index");
    if (index < 0) {
      return new NativeException("lgv_walk(" + block + "): " + Shim.statusText(status));
    }
    String why = status == Constant.PRIMITIVE_FAILED.value
        ? "dnnl_primitive_execute: " + OneDnn.statusText((int) block.integer(0, "failed_status"))
        : Shim.statusText(status);
    return new NativeException(
        "lgv_walk: command " + index + " of " + commands.size() + ", " + commands.get(index) + ": " + why);
  }
}
