package dev.langevin.bindings;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/** Ends the process without the JVM's own end. */
@SuppressWarnings("restricted")
public final class ProcessExit {

  private ProcessExit() {}

  /**
   * Ends the process at once by the C library's {@code _exit(2)}: no shutdown hook runs, and the JVM writes nothing
   * more, such as an archive of the few classes that a command which did nothing has loaded. What was printed must be
   * flushed before. It does not return.
   *
   * @param code of the exit, 0 to 255
   */
  public static void now(int code) {
    Linker linker = Linker.nativeLinker();
    try {
      linker.downcallHandle(linker.defaultLookup().findOrThrow("_exit"),
          FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)).invokeExact(code);
    } catch (IllegalCallerException e) {
      throw e; // the loader says what is to be done
    } catch (Throwable e) {
      throw new IllegalStateException("the C library's _exit cannot be called: " + e, e);
    }
  }
}
