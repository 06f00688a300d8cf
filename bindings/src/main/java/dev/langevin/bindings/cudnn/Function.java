package dev.langevin.bindings.cudnn;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.abi.NativeFunction;
import dev.langevin.bindings.cuda.CudaLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The functions of cuDNN's backend interface (cudnn.h) that are bound, with their signatures as {@link NativeFunction}
 * reads them.
 */
enum Function {
  VERSION("cudnnGetVersion", "l="),
  ERROR_STRING("cudnnGetErrorString", "p=i"),
  LAST_ERROR("cudnnGetLastErrorString", "v=pl"),
  CREATE("cudnnCreate", "i=p"),
  DESTROY("cudnnDestroy", "i=p"),
  SET_STREAM("cudnnSetStream", "i=pp"),
  CREATE_DESCRIPTOR("cudnnBackendCreateDescriptor", "i=ip"),
  DESTROY_DESCRIPTOR("cudnnBackendDestroyDescriptor", "i=p"),
  SET_ATTRIBUTE("cudnnBackendSetAttribute", "i=piilp"),
  GET_ATTRIBUTE("cudnnBackendGetAttribute", "i=piilpp"),
  FINALIZE("cudnnBackendFinalize", "i=p"),
  EXECUTE("cudnnBackendExecute", "i=ppp");

  private static final long LONGEST_ERROR = 1024;

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function =
        new NativeFunction(symbol, signature, CudaLibrary.CUDNN.title() + " for CUDA 13", CudaLibrary.CUDNN::symbols);
  }

  NativeFunction function() {
    return function;
  }

  /**
   * Calls and checks the status: arguments are boxed.
   *
   * @throws NativeException where the status is not 0, with cuDNN's own sentence
   */
  void call(String what, Object... arguments) {
    int status = function.invoke(arguments).intValue();
    if (status != 0) {
      throw new NativeException(function.symbol() + "(" + what + "): " + ERROR_STRING.function.text(status) + " ("
          + status + "): " + lastError());
    }
  }

  private static String lastError() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(LONGEST_ERROR);
      LAST_ERROR.function.invoke(text.address(), text.byteSize());
      return text.getString(0);
    }
  }
}
