package dev.langevin.bindings.shim;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** The library of Langevin's own kernels: what it is, and the functions that are no kernels. */
public final class Shim {

  /** The ABI that these bindings are written for; {@code LGV_VERSION} in langevin.h. */
  static final int VERSION = 1;

  /** Names of the bits of {@code lgv_cpu_features}, from bit 0 on. */
  static final List<String> CPU_FEATURES = List.of("sse4.2", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq",
      "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16");

  private Shim() {}

  private static final class Library {
    static final SymbolLookup LOOKUP = checked(NativeLibraries.shim());
  }

  private static SymbolLookup checked(SymbolLookup lookup) {
    int version = (int) invoke(find(lookup, "lgv_version"), ValueLayout.JAVA_INT);
    if (version != VERSION) {
      throw new NativeException("liblangevin.so has ABI version " + version + ", these bindings need " + VERSION
          + "; use jars of one build");
    }
    return lookup;
  }

  static MemorySegment find(String symbol) {
    return find(Library.LOOKUP, symbol);
  }

  private static MemorySegment find(SymbolLookup lookup, String symbol) {
    return lookup.find(symbol).orElseThrow(
        () -> new NativeException("liblangevin.so has no function " + symbol + "; use jars of one build"));
  }

  /** For functions of the library's own set-up, called now and then. */
  @SuppressWarnings("restricted")
  private static Object invoke(MemorySegment function, MemoryLayout result, Object... arguments) {
    MemoryLayout[] ints = new MemoryLayout[arguments.length];
    java.util.Arrays.fill(ints, ValueLayout.JAVA_INT);
    MethodHandle handle = Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(result, ints));
    try {
      return handle.invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall handle throws nothing checked
    }
  }

  /** {@code baseline}, {@code avx2} or {@code avx512}: the level that the kernels run at. */
  public static String isaName() {
    return text((MemorySegment) invoke(find("lgv_isa_name"), ValueLayout.ADDRESS));
  }

  /** What this CPU has of what the engine looks for. */
  public static List<String> cpuFeatures() {
    long bits = (long) invoke(find("lgv_cpu_features"), ValueLayout.JAVA_LONG);
    List<String> features = new ArrayList<>();
    for (int bit = 0; bit < CPU_FEATURES.size(); bit++) {
      if ((bits >> bit & 1) == 1) {
        features.add(CPU_FEATURES.get(bit));
      }
    }
    return features;
  }

  /** Size of the OpenMP team of the calling thread. */
  public static int threads() {
    return (int) invoke(find("lgv_num_threads"), ValueLayout.JAVA_INT);
  }

  /** Sets {@link #threads}, at least 1, for the shim and for oneDNN. */
  public static void setThreads(int threads) {
    requireOk("lgv_set_num_threads", (int) invoke(find("lgv_set_num_threads"), ValueLayout.JAVA_INT, threads));
  }

  static void requireOk(String symbol, int status) {
    if (status != 0) {
      MemorySegment text = (MemorySegment) invoke(find("lgv_status_text"), ValueLayout.ADDRESS, status);
      throw new NativeException(symbol + ": " + text(text) + " (" + status + ")");
    }
  }

  @SuppressWarnings("restricted")
  private static String text(MemorySegment address) {
    return address.reinterpret(256).getString(0);
  }
}
