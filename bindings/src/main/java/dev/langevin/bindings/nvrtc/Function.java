package dev.langevin.bindings.nvrtc;

import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cuda.CudaLibrary;

/** The functions of NVRTC (nvrtc.h) that are bound, with their signatures as {@link NativeFunction} reads them. */
enum Function {
  VERSION("nvrtcVersion", "i=pp"),
  ERROR_STRING("nvrtcGetErrorString", "p=i"),
  CREATE_PROGRAM("nvrtcCreateProgram", "i=pppipp"),
  DESTROY_PROGRAM("nvrtcDestroyProgram", "i=p"),
  COMPILE_PROGRAM("nvrtcCompileProgram", "i=pip"),
  LOG_SIZE("nvrtcGetProgramLogSize", "i=pp"),
  LOG("nvrtcGetProgramLog", "i=pp"),
  CUBIN_SIZE("nvrtcGetCUBINSize", "i=pp"),
  CUBIN("nvrtcGetCUBIN", "i=pp");

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function =
        new NativeFunction(symbol, signature, CudaLibrary.NVRTC.title() + " for CUDA 13", CudaLibrary.NVRTC::symbols);
  }

  NativeFunction function() {
    return function;
  }
}
