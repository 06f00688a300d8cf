package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cuda.CudaLibrary;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.TreeMap;

/** The driver on the processor (native/cuda/driver), which fails on demand and counts what there is. */
final class EmulatedDriver {

  private static final NativeFunction CONTROL = new NativeFunction("lgcDriverControl", "i=p",
      "the driver on the processor", CudaLibrary.DRIVER::symbols);
  private static final NativeFunction COUNT = new NativeFunction("lgcDriverCount", "l=p",
      "the driver on the processor", CudaLibrary.DRIVER::symbols);

  private EmulatedDriver() {}

  /** Skips a test where another driver is loaded, or none. */
  static void require() {
    boolean there;
    try {
      there = CudaLibrary.DRIVER.symbols().find("lgcDriverControl").isPresent();
    } catch (NativeException e) {
      there = false;
    }
    assumeTrue(there, "the driver on the processor is not loaded: -Dlangevin.cuda.libraries names its folder");
  }

  static void control(String settings) {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(CONTROL.invoke(arena.allocateFrom(settings).address()).intValue()).as(settings).isZero();
    }
  }

  static long count(String what) {
    try (Arena arena = Arena.ofConfined()) {
      return COUNT.invoke(arena.allocateFrom(what).address()).longValue();
    }
  }

  /** What there is on all devices, by its name. */
  static Map<String, Long> counts() {
    Map<String, Long> counts = new TreeMap<>();
    for (String what : new String[] {"blocks", "host_blocks", "streams", "events", "modules", "graphs", "execs",
        "pending"}) {
      counts.put(what, count(what));
    }
    return counts;
  }
}
