package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An object of oneDNN's, destroyed once, and counted until then. */
abstract class Handle implements AutoCloseable {

  private final Kind kind;
  private final Function destroy;
  private long address;

  Handle(long address, Kind kind, Function destroy) {
    this.address = address;
    this.kind = kind;
    this.destroy = destroy;
    kind.created();
  }

  /** The native object's address. */
  public final long address() {
    if (address == 0) {
      throw new IllegalStateException("this " + getClass().getSimpleName() + " is closed");
    }
    return address;
  }

  @Override
  public void close() {
    if (address != 0) {
      long open = address;
      address = 0;
      destroy.call("", open);
      kind.destroyed();
    }
  }

  /** Calls a function that writes a handle through its first argument. */
  static long create(Function function, String what, Object... rest) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      Object[] arguments = new Object[rest.length + 1];
      arguments[0] = out.address();
      System.arraycopy(rest, 0, arguments, 1, rest.length);
      function.call(what, arguments);
      return out.get(ValueLayout.JAVA_LONG, 0);
    }
  }
}
