package dev.langevin.bindings.cudnn;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import dev.langevin.bindings.cuda.CudaStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** cuDNN in the current context of the thread that creates it. */
public final class CudnnHandle extends NativeHandle {

  private CudnnHandle(long address) {
    super(address, Kind.CUDNN_HANDLE);
  }

  /** For runs on {@code stream}. */
  public static CudnnHandle create(CudaStream stream) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      Function.CREATE.call("", out.address());
      CudnnHandle handle = new CudnnHandle(out.get(ValueLayout.JAVA_LONG, 0));
      try {
        Function.SET_STREAM.call("", handle.address(), stream.address());
        return handle;
      } catch (RuntimeException e) {
        handle.close();
        throw e;
      }
    }
  }

  /** For example {@code 9.24.0}. */
  public static String version() {
    long version = Function.VERSION.function().invoke().longValue();
    return version / 10000 + "." + version % 10000 / 100 + "." + version % 100;
  }

  @Override
  protected void destroy(long open) {
    Function.DESTROY.call("", open);
  }
}
