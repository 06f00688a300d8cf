package dev.langevin.bindings.cuda;

import dev.langevin.bindings.abi.NativeFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The functions of CUDA's driver (cuda.h) that are bound, with their signatures as {@link NativeFunction} reads them.
 */
enum Function {
  INIT("cuInit", "i=i"),
  VERSION("cuDriverGetVersion", "i=p"),
  ERROR_NAME("cuGetErrorName", "i=ip"),
  ERROR_STRING("cuGetErrorString", "i=ip"),
  DEVICE_COUNT("cuDeviceGetCount", "i=p"),
  DEVICE("cuDeviceGet", "i=pi"),
  DEVICE_NAME("cuDeviceGetName", "i=pii"),
  DEVICE_ATTRIBUTE("cuDeviceGetAttribute", "i=pii"),
  DEVICE_TOTAL_MEMORY("cuDeviceTotalMem_v2", "i=pi"),
  CONTEXT_RETAIN("cuDevicePrimaryCtxRetain", "i=pi"),
  CONTEXT_RELEASE("cuDevicePrimaryCtxRelease_v2", "i=i"),
  CONTEXT_SET_CURRENT("cuCtxSetCurrent", "i=p"),
  MEMORY_INFO("cuMemGetInfo_v2", "i=pp"),
  ALLOCATE("cuMemAlloc_v2", "i=pl"),
  FREE("cuMemFree_v2", "i=l"),
  ALLOCATE_HOST("cuMemHostAlloc", "i=pli"),
  FREE_HOST("cuMemFreeHost", "i=p"),
  UPLOAD("cuMemcpyHtoDAsync_v2", "i=lplp"),
  DOWNLOAD("cuMemcpyDtoHAsync_v2", "i=pllp"),
  COPY("cuMemcpyDtoDAsync_v2", "i=lllp"),
  FILL("cuMemsetD32Async", "i=lilp"),
  STREAM_CREATE("cuStreamCreate", "i=pi"),
  STREAM_DESTROY("cuStreamDestroy_v2", "i=p"),
  STREAM_SYNCHRONIZE("cuStreamSynchronize", "i=p"),
  STREAM_WAIT_EVENT("cuStreamWaitEvent", "i=ppi"),
  STREAM_BEGIN_CAPTURE("cuStreamBeginCapture_v2", "i=pi"),
  STREAM_END_CAPTURE("cuStreamEndCapture", "i=pp"),
  GRAPH_NODES("cuGraphGetNodes", "i=ppp"),
  GRAPH_INSTANTIATE("cuGraphInstantiateWithFlags", "i=ppl"),
  GRAPH_LAUNCH("cuGraphLaunch", "i=pp"),
  GRAPH_DESTROY("cuGraphDestroy", "i=p"),
  GRAPH_EXEC_DESTROY("cuGraphExecDestroy", "i=p"),
  EVENT_CREATE("cuEventCreate", "i=pi"),
  EVENT_RECORD("cuEventRecord", "i=pp"),
  EVENT_QUERY("cuEventQuery", "i=p"),
  EVENT_SYNCHRONIZE("cuEventSynchronize", "i=p"),
  EVENT_ELAPSED_TIME("cuEventElapsedTime_v2", "i=ppp"),
  EVENT_DESTROY("cuEventDestroy_v2", "i=p"),
  MODULE_LOAD_DATA("cuModuleLoadData", "i=pp"),
  MODULE_UNLOAD("cuModuleUnload", "i=p"),
  MODULE_FUNCTION("cuModuleGetFunction", "i=ppp"),
  FUNCTION_ATTRIBUTE("cuFuncSetAttribute", "i=pii"),
  LAUNCH("cuLaunchKernel", "i=piiiiiiippp");

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function =
        new NativeFunction(symbol, signature, CudaLibrary.DRIVER.title() + " for CUDA 13", CudaLibrary.DRIVER::symbols);
  }

  NativeFunction function() {
    return function;
  }

  /**
   * Calls and checks the status; for planning, not for steps: arguments are boxed.
   *
   * @param what the arguments, for the error
   * @throws CudaException where the status is not 0
   */
  void call(String what, Object... arguments) {
    check(what, function.invoke(arguments).intValue());
  }

  /** Likewise for a call that has returned. */
  void check(String what, int status) {
    if (status != 0) {
      throw new CudaException(function.symbol() + "(" + what + "): " + Driver.statusText(status), status);
    }
  }

  /** Calls a function that writes a number or a pointer of 8 bytes through its first argument. */
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
