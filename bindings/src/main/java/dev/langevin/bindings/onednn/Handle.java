package dev.langevin.bindings.onednn;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An object of oneDNN's. */
abstract class Handle extends NativeHandle {

  private final Function destroy;

  Handle(long address, Kind kind, Function destroy) {
    super(address, kind);
    this.destroy = destroy;
  }

  @Override
  protected final void destroy(long open) {
    destroy.call("", open);
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
