package dev.langevin.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;

/**
 * How long OpenMP's workers turn in circles for their next work before they sleep. Two ops of a running plan lie
 * microseconds apart, and waking a sleeping worker costs more than most of a small network's ops; but libgomp's own
 * limit is some milliseconds, which is spun away at the end of every run, and at every barrier whose other thread the
 * system has taken off its core: with more runnable threads than cores everything stands still in turns.
 *
 * <p>
 * libgomp reads its environment once, when it is loaded. So the limit stands there while that happens, unless the user
 * has set {@code GOMP_SPINCOUNT} or {@code OMP_WAIT_POLICY}. Measurements: docs/bench/threads.md.
 */
@SuppressWarnings("restricted")
final class Spinning {

  /** Turns of a waiting worker, about 1 ms: with 3,000 a step of the tiny U-Net at times took ten times as long. */
  static final long COUNT = 30_000;

  private static final String VARIABLE = "GOMP_SPINCOUNT";

  private Spinning() {}

  /** What loads libgomp, with the limit in the environment that it reads. */
  static <T> T bounded(Supplier<T> load) {
    if (System.getenv(VARIABLE) != null || System.getenv("OMP_WAIT_POLICY") != null) {
      return load.get();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(VARIABLE);
      call("setenv",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          name, arena.allocateFrom(String.valueOf(COUNT)), 0);
      try {
        return load.get();
      } finally { // another OpenMP run time of this process is not ours to set
        call("unsetenv", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS), name);
      }
    }
  }

  private static void call(String symbol, FunctionDescriptor signature, Object... arguments) {
    Linker linker = Linker.nativeLinker();
    try {
      linker.downcallHandle(linker.defaultLookup().find(symbol).orElseThrow(), signature)
          .invokeWithArguments(arguments);
    } catch (IllegalCallerException e) {
      throw e; // the loader says what is to be done
    } catch (Throwable e) {
      throw new IllegalStateException("the C library's " + symbol + " cannot be called: " + e, e);
    }
  }
}
