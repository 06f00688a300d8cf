package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A moment in a stream's work. */
public final class CudaEvent extends NativeHandle {

  private CudaEvent(long address) {
    super(address, Kind.CUDA_EVENT);
  }

  /** @param timed whether {@link #milliseconds} may be asked, which makes it a little slower */
  public static CudaEvent create(boolean timed) {
    return new CudaEvent(Function.EVENT_CREATE.create("",
        timed ? Constant.EVENT_DEFAULT.value : Constant.EVENT_DISABLE_TIMING.value));
  }

  /** It comes when all is done that the stream was asked for before. */
  public void record(CudaStream stream) {
    Function.EVENT_RECORD.call("", address(), stream.address());
  }

  /** Whether it has come. */
  public boolean isDone() {
    int status = Function.EVENT_QUERY.function().invoke(address()).intValue();
    if (status == Constant.ERROR_NOT_READY.value) {
      return false;
    }
    Function.EVENT_QUERY.check("", status);
    return true;
  }

  /** Waits until it comes. */
  public void synchronize() {
    Function.EVENT_SYNCHRONIZE.call("", address());
  }

  /** Milliseconds from {@code earlier} to this one, both of which have come. */
  public float milliseconds(CudaEvent earlier) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_FLOAT);
      Function.EVENT_ELAPSED_TIME.call("", out.address(), earlier.address(), address());
      return out.get(ValueLayout.JAVA_FLOAT, 0);
    }
  }

  @Override
  protected void destroy(long open) {
    Function.EVENT_DESTROY.call("", open);
  }
}
