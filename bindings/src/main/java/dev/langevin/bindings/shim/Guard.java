package dev.langevin.bindings.shim;

import dev.langevin.bindings.NativeException;
import java.lang.foreign.MemorySegment;

/**
 * Keeps the process alive where a mapped file loses pages that a kernel reads: they read as zeros, and {@link #broken}
 * tells. Any thread; closed before the file is unmapped.
 */
public final class Guard implements AutoCloseable {

  private final int number;
  private boolean closed;

  /**
   * @param mapped native, not empty
   * @throws NativeException if there are too many guards
   */
  public Guard(MemorySegment mapped) {
    Shim.version();
    number = Function.GUARD.invoke(mapped.address(), mapped.byteSize()).intValue();
    if (number == 0) {
      throw new NativeException(
          "no guard is left for a mapped file of " + mapped.byteSize() + " bytes; close some models");
    }
  }

  /** Whether a page was lost. */
  public boolean broken() {
    return Function.GUARD_BROKEN.invoke(number).intValue() != 0;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Function.UNGUARD.invoke(number);
    }
  }
}
