package dev.langevin.bindings.cublaslt;

import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cuda.CudaLibrary;

/**
 * The functions of cuBLASLt (cublasLt.h) that are bound, with their signatures as {@link NativeFunction} reads them.
 */
enum Function {
  VERSION("cublasLtGetVersion", "l=");

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function = new NativeFunction(symbol, signature, CudaLibrary.CUBLASLT.title() + " for CUDA 13",
        CudaLibrary.CUBLASLT::symbols);
  }

  NativeFunction function() {
    return function;
  }
}
