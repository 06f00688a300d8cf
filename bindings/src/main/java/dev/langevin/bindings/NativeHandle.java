package dev.langevin.bindings;

import dev.langevin.bindings.LiveHandles.Kind;

/** An object of a native library's, destroyed once, and counted until then. One thread at a time. */
public abstract class NativeHandle implements AutoCloseable {

  private final Kind kind;
  private long address;

  /** {@code address} is that of the object, which this one owns from now on. */
  protected NativeHandle(long address, Kind kind) {
    this.address = address;
    this.kind = kind;
    kind.created();
  }

  /** The native object's address. */
  public final long address() {
    if (address == 0) {
      throw new IllegalStateException("this " + getClass().getSimpleName() + " is closed");
    }
    return address;
  }

  /** Destroys the native object. */
  protected abstract void destroy(long open);

  @Override
  public void close() {
    if (address != 0) {
      long open = address;
      address = 0;
      kind.destroyed();
      destroy(open);
    }
  }
}
