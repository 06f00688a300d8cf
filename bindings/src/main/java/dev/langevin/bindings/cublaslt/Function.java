package dev.langevin.bindings.cublaslt;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cuda.CudaLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The functions of cuBLASLt (cublasLt.h) that are bound, with their signatures as {@link NativeFunction} reads them.
 */
enum Function {
  VERSION("cublasLtGetVersion", "l="),
  STATUS_STRING("cublasLtGetStatusString", "p=i"),
  CREATE("cublasLtCreate", "i=p"),
  DESTROY("cublasLtDestroy", "i=p"),
  MATMUL_DESC_CREATE("cublasLtMatmulDescCreate", "i=pii"),
  MATMUL_DESC_DESTROY("cublasLtMatmulDescDestroy", "i=p"),
  MATMUL_DESC_SET("cublasLtMatmulDescSetAttribute", "i=pipl"),
  MATRIX_LAYOUT_CREATE("cublasLtMatrixLayoutCreate", "i=pilll"),
  MATRIX_LAYOUT_DESTROY("cublasLtMatrixLayoutDestroy", "i=p"),
  PREFERENCE_CREATE("cublasLtMatmulPreferenceCreate", "i=p"),
  PREFERENCE_DESTROY("cublasLtMatmulPreferenceDestroy", "i=p"),
  PREFERENCE_SET("cublasLtMatmulPreferenceSetAttribute", "i=pipl"),
  HEURISTIC("cublasLtMatmulAlgoGetHeuristic", "i=pppppppipp"),
  CHECK("cublasLtMatmulAlgoCheck", "i=pppppppp"),
  MATMUL("cublasLtMatmul", "i=pppppppppppppplp");

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function = new NativeFunction(symbol, signature, CudaLibrary.CUBLASLT.title() + " for CUDA 13",
        CudaLibrary.CUBLASLT::symbols);
  }

  NativeFunction function() {
    return function;
  }

  /**
   * Calls and checks the status: arguments are boxed.
   *
   * @param what the arguments, for the error
   * @throws NativeException where the status is not 0, with cuBLASLt's own words
   */
  void call(String what, Object... arguments) {
    check(what, function.invoke(arguments).intValue());
  }

  /** Likewise for a call that has returned. */
  void check(String what, int status) {
    if (status != 0) {
      throw new NativeException(
          function.symbol() + "(" + what + "): " + STATUS_STRING.function.text(status) + " (" + status + ")");
    }
  }

  /** Calls a function that writes a pointer through its first argument. */
  long create(String what, Object... rest) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      Object[] arguments = new Object[rest.length + 1];
      arguments[0] = out.address();
      System.arraycopy(rest, 0, arguments, 1, rest.length);
      call(what, arguments);
      return out.get(ValueLayout.JAVA_LONG, 0);
    }
  }
}
