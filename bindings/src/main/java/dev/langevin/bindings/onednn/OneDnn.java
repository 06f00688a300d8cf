package dev.langevin.bindings.onednn;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The library itself: what it is, and what it uses of the machine. */
public final class OneDnn {

  private OneDnn() {}

  /** For example {@code 3.13.0}. */
  @SuppressWarnings("restricted")
  public static String version() {
    MemorySegment version =
        MemorySegment.ofAddress(Function.VERSION.value()).reinterpret(Layout.VERSION.struct.bytes());
    return version.get(ValueLayout.JAVA_INT, Layout.VERSION.offset("major")) + "."
        + version.get(ValueLayout.JAVA_INT, Layout.VERSION.offset("minor")) + "."
        + version.get(ValueLayout.JAVA_INT, Layout.VERSION.offset("patch"));
  }

  /** The instruction set that oneDNN uses here, such as {@code avx512_core_vnni}. */
  public static String effectiveCpuIsa() {
    int isa = (int) Function.EFFECTIVE_CPU_ISA.value();
    return Function.CPU_ISA_TEXT.function().text(isa).replace("cpu_isa_", "");
  }

  /**
   * Has the library's cache hold so many compiled primitives, in use or not, of the whole process, unless the
   * environment's ONEDNN_PRIMITIVE_CACHE_CAPACITY says how many.
   */
  public static void cachePrimitives(int capacity) {
    if (System.getenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY") == null) {
      Function.SET_PRIMITIVE_CACHE_CAPACITY.call(capacity + " primitives", capacity);
    }
  }

  /** oneDNN's word for a status, and its number. */
  public static String statusText(int status) {
    return Function.STATUS_TEXT.function().text(status) + " (" + status + ")";
  }
}
