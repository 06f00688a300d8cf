package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The primary context of a device, in which all else lives. It is current on the thread that has opened it; another
 * calls {@link #makeCurrent} first.
 */
public final class CudaContext extends NativeHandle {

  private static final MethodHandle SET_CURRENT = Function.CONTEXT_SET_CURRENT.function().handle();

  private final int device;

  private CudaContext(long address, int device) {
    super(address, Kind.CUDA_CONTEXT);
    this.device = device;
  }

  /** Opens that of a device of {@link CudaDevice#of}, and makes it the calling thread's. */
  public static CudaContext open(CudaDevice device) {
    int handle = CudaDevice.handle(device.index());
    CudaContext context =
        new CudaContext(Function.CONTEXT_RETAIN.create(String.valueOf(device.index()), handle), handle);
    try {
      context.makeCurrent();
      return context;
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /** Makes it the calling thread's. Allocates nothing. */
  public void makeCurrent() {
    try {
      int status = (int) SET_CURRENT.invokeExact(address());
      Function.CONTEXT_SET_CURRENT.check("", status);
    } catch (Throwable e) {
      throw CudaStream.unchecked(e);
    }
  }

  /** Bytes of the device's memory that nobody has taken, of this process or another. */
  public long freeMemory() {
    address();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG, 2);
      Function.MEMORY_INFO.call("", out.address(), out.address() + Long.BYTES);
      return out.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  @Override
  protected void destroy(long open) {
    Function.CONTEXT_RELEASE.call("", device);
  }
}
