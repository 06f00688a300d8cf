package dev.langevin.bindings.onednn;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A CPU engine. */
public final class Engine extends Handle {

  private static final int CPU = 1;

  private Engine(long address) {
    super(address, Function.ENGINE_DESTROY);
  }

  public static Engine cpu() {
    return new Engine(create(Function.ENGINE_CREATE, "cpu, 0", CPU, 0L));
  }

  /** For example {@code 3.13.0}. */
  @SuppressWarnings("restricted")
  public static String version() {
    MemorySegment version = MemorySegment.ofAddress(Function.VERSION.value()).reinterpret(12);
    return version.get(ValueLayout.JAVA_INT, 0) + "." + version.get(ValueLayout.JAVA_INT, 4) + "."
        + version.get(ValueLayout.JAVA_INT, 8);
  }

  /** The instruction sets that oneDNN uses here, as its bit mask {@code dnnl_cpu_isa_t}. */
  public static int effectiveCpuIsa() {
    return (int) Function.EFFECTIVE_CPU_ISA.value();
  }
}
