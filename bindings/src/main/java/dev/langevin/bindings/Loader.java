package dev.langevin.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The system's loader of libraries. */
@SuppressWarnings("restricted")
final class Loader {

  private static final int RTLD_LAZY = 1;

  /** Longer than any of the loader's sentences. */
  private static final long MOST_BYTES = 4096;

  private Loader() {}

  /**
   * Loads a library, for as long as the process lives.
   *
   * @throws NativeException with the loader's own words, such as a version of libstdc++ that is not there
   */
  static SymbolLookup open(Path library) {
    try {
      return SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) { // which knows the path alone
      String refusal = refusal(library);
      throw new NativeException(library + " cannot be loaded; the system's loader says: " + refusal + remedy(refusal),
          e);
    }
  }

  /** Of what small systems lack: bench/chroot/run.sh runs in one. */
  private static String remedy(String refusal) {
    return refusal.startsWith("libstdc++.so.6: cannot open") ? "; install it: Debian package libstdc++6 brings it" : "";
  }

  private static String refusal(Path library) {
    MethodHandle dlopen =
        function("dlopen", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    MethodHandle dlerror = function("dlerror", FunctionDescriptor.of(ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(library.toString());
      // Once before: what the Java runtime looks up to make the first call would take the place of the error.
      MemorySegment ignored = (MemorySegment) dlerror.invokeExact();
      ignored = (MemorySegment) dlopen.invokeExact(path, RTLD_LAZY);
      MemorySegment text = (MemorySegment) dlerror.invokeExact();
      return text.equals(MemorySegment.NULL) ? "nothing, the second time" : text.reinterpret(MOST_BYTES).getString(0);
    } catch (Throwable e) {
      throw new IllegalStateException("the C library's dlopen cannot be called: " + e, e);
    }
  }

  private static MethodHandle function(String symbol, FunctionDescriptor signature) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(symbol).orElseThrow(), signature);
  }
}
