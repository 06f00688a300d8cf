package dev.langevin.bindings.cuda;

import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.NativeHandle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Work for a device, done in the order in which it was asked for, while the asking thread goes on. What is wrong with
 * the work itself may be told by any later call. Memory that it uses must live until {@link #synchronize} returns.
 */
public final class CudaStream extends NativeHandle {

  private static final MethodHandle SYNCHRONIZE = Function.STREAM_SYNCHRONIZE.function().handle();
  private static final MethodHandle UPLOAD = Function.UPLOAD.function().handle();
  private static final MethodHandle DOWNLOAD = Function.DOWNLOAD.function().handle();
  private static final MethodHandle FILL = Function.FILL.function().handle();

  private CudaStream(long address) {
    super(address, Kind.CUDA_STREAM);
  }

  /** One that waits for no other. */
  public static CudaStream create() {
    return new CudaStream(Function.STREAM_CREATE.create("", Constant.STREAM_NON_BLOCKING.value));
  }

  /** Copies all of the host's {@code source} to the beginning of the device's {@code target}. */
  public void upload(MemorySegment source, MemorySegment target) {
    requireRoom(source, target);
    try {
      int status = (int) UPLOAD.invokeExact(target.address(), source.address(), source.byteSize(), address());
      Function.UPLOAD.check(source.byteSize() + " bytes", status);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /** Copies all of the device's {@code source} to the beginning of the host's {@code target}. */
  public void download(MemorySegment source, MemorySegment target) {
    requireRoom(source, target);
    try {
      int status = (int) DOWNLOAD.invokeExact(target.address(), source.address(), source.byteSize(), address());
      Function.DOWNLOAD.check(source.byteSize() + " bytes", status);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /** Copies all of the device's {@code source} to the beginning of its {@code target}. */
  public void copy(MemorySegment source, MemorySegment target) {
    requireRoom(source, target);
    Function.COPY.call(source.byteSize() + " bytes", target.address(), source.address(), source.byteSize(),
        address());
  }

  /** Writes the same 4 bytes all over {@code target}, whose size is a multiple of 4. */
  public void fill(MemorySegment target, int value) {
    if (target.byteSize() % Integer.BYTES != 0) {
      throw new IllegalArgumentException(target.byteSize() + " bytes are no multiple of 4");
    }
    try {
      int status = (int) FILL.invokeExact(target.address(), value, target.byteSize() / Integer.BYTES, address());
      Function.FILL.check(target.byteSize() + " bytes", status);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /** What is asked for from now on waits for {@code event}. */
  public void await(CudaEvent event) {
    Function.STREAM_WAIT_EVENT.call("", address(), event.address(), 0);
  }

  /** Waits until all is done. */
  public void synchronize() {
    try {
      int status = (int) SYNCHRONIZE.invokeExact(address());
      Function.STREAM_SYNCHRONIZE.check("", status);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /**
   * Records what {@code work} asks this stream for, without doing it.
   *
   * @throws CudaException if it asks for what cannot be recorded, such as memory
   */
  public CudaGraph capture(Runnable work) {
    Function.STREAM_BEGIN_CAPTURE.call("", address(), Constant.STREAM_CAPTURE_MODE_THREAD_LOCAL.value);
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      end(e);
      throw e;
    }
    return CudaGraph.instantiate(end(null));
  }

  /** The recorded graph; after a failure, whose reason counts, nothing is kept. */
  private long end(Throwable failure) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
      int status = Function.STREAM_END_CAPTURE.function().invoke(address(), out.address()).intValue();
      long graph = out.get(ValueLayout.JAVA_LONG, 0);
      if (failure == null) {
        Function.STREAM_END_CAPTURE.check("", status);
      } else if (status == 0 && graph != 0) {
        Function.GRAPH_DESTROY.call("", graph);
      }
      return graph;
    }
  }

  @Override
  protected void destroy(long open) {
    Function.STREAM_DESTROY.call("", open);
  }

  private static void requireRoom(MemorySegment source, MemorySegment target) {
    if (source.byteSize() > target.byteSize()) {
      throw new IllegalArgumentException(
          source.byteSize() + " bytes do not fit a block of " + target.byteSize());
    }
  }

  static RuntimeException unchecked(Throwable e) {
    return switch (e) {
      case RuntimeException thrown -> thrown;
      case Error thrown -> throw thrown;
      default -> throw new AssertionError(e); // a downcall handle throws nothing checked
    };
  }
}
