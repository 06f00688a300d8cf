package dev.langevin.bindings.shim;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The library of Langevin's own kernels: what it is, and what it sees of the machine. Loaded when it is first asked.
 */
public final class Shim {

  private static final String FEATURE = "LGV_CPU_";

  private static volatile boolean checked;

  private Shim() {}

  static void check(int version) {
    if (version != Constant.VERSION.value) {
      throw new NativeException("liblangevin.so has ABI version " + version + ", these bindings need "
          + Constant.VERSION.value + "; use jars of one build");
    }
  }

  /** The version of the library's ABI, which is that of these bindings. */
  public static int version() {
    if (!checked) {
      check(Function.VERSION.invoke().intValue());
      checked = true;
    }
    return (int) Constant.VERSION.value;
  }

  /** A function's address, once the version is known to be right. */
  static MemorySegment entry(Function function) {
    version();
    return function.function().address();
  }

  /** Tells one build of the library from another, also where their ABI is the same. */
  public static String build() {
    return NativeLibraries.shimBuild();
  }

  /** {@code baseline}, {@code avx2} or {@code avx512}: the level that the kernels run at. */
  public static String isaName() {
    version();
    return Function.ISA_NAME.function().text();
  }

  /** What this CPU has of what the engine looks for, such as {@code avx512_vnni}. */
  public static List<String> cpuFeatures() {
    version();
    long bits = Function.CPU_FEATURES.invoke().longValue();
    return Arrays.stream(Constant.values()).filter(c -> c.symbol.startsWith(FEATURE) && (bits & c.value) != 0)
        .map(c -> c.symbol.substring(FEATURE.length()).toLowerCase(Locale.ROOT)).toList();
  }

  /** Size of the OpenMP team of the calling thread. */
  public static int threads() {
    version();
    return Function.NUM_THREADS.invoke().intValue();
  }

  /**
   * Sets {@link #threads}, at least 1, for kernels of the shim and of oneDNN that the calling thread runs; no other's.
   */
  public static void setThreads(int threads) {
    version();
    check(Function.SET_NUM_THREADS, Function.SET_NUM_THREADS.invoke(threads).intValue(), String.valueOf(threads));
  }

  /** Ends the workers of the calling thread's team; its next kernel starts new ones. */
  public static void endThreads() {
    version();
    check(Function.END_THREADS, Function.END_THREADS.invoke().intValue(), "");
  }

  private static void check(Function function, int status, String arguments) {
    if (status != Constant.OK.value) {
      throw new NativeException(function.symbol() + "(" + arguments + "): " + statusText(status));
    }
  }

  /**
   * Zeroed memory in huge pages, where the system has them, until the arena is closed: for blocks of megabytes.
   *
   * @throws OutOfMemoryError if the system has not so much
   */
  @SuppressWarnings("restricted")
  public static MemorySegment allocate(long bytes, Arena arena) {
    version();
    long address = Function.ALLOCATE.invoke(bytes).longValue();
    if (address == 0) {
      throw new OutOfMemoryError("the system has no " + bytes + " bytes of memory");
    }
    MemorySegment block = MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, segment -> Function.FREE.invoke(address, bytes));
    return LiveHandles.block(block, arena);
  }

  /** The library's sentence for a status, and its number. */
  static String statusText(int status) {
    return Function.STATUS_TEXT.function().text(status) + " (" + status + ")";
  }
}
