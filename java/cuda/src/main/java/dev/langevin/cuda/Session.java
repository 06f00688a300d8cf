package dev.langevin.cuda;

import dev.langevin.backend.DeviceLostException;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeHandle;
import dev.langevin.bindings.cuda.CudaContext;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.CudaException;
import dev.langevin.bindings.cuda.CudaHostBlock;
import dev.langevin.bindings.cuda.CudaKernel;
import dev.langevin.bindings.cuda.CudaModule;
import dev.langevin.bindings.cuda.CudaStream;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelImage;
import dev.langevin.bindings.kernels.KernelLaunch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * All that lives on a device from its first use to its last, or to the first error of it: CUDA tells one that a kernel
 * met at each later call, and what there was is lost. One stream has all work, in the order in which it is asked for.
 * Calls of several threads wait for one another, so that nothing of another's comes into what is being captured.
 */
final class Session implements AutoCloseable {

  /** Bytes of the host's memory that transfers go through. */
  private static final long STAGING = 4L << 20;

  private final CudaDevice device;
  private final CudaContext context;
  private final Set<NativeHandle> owned = new LinkedHashSet<>(); // besides the context, in the order in which they came
  private final Map<Kernel, CudaKernel> kernels = new EnumMap<>(Kernel.class);
  private final CudaStream stream;
  private final CudaModule module;
  private final MemorySegment staging;
  private final String origin;
  private Engines engines; // null until they are asked for, and where there is no library
  private boolean enginesSought;
  private volatile DeviceLostException failure; // once it has failed
  private boolean closed;

  /** Begins on the device; its context becomes the calling thread's. */
  Session(CudaDevice device) {
    this.device = device;
    this.context = CudaContext.open(device);
    try {
      stream = own(CudaStream.create());
      KernelImage image = KernelImage.of(device);
      module = own(CudaModule.load(image.bytes()));
      origin = image.origin();
      staging = own(CudaHostBlock.allocate(STAGING)).segment();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Something that ends with the session at the latest. Under this session's monitor, or before others have it. */
  private <T extends NativeHandle> T own(T made) {
    owned.add(made);
    return made;
  }

  /** Makes something that ends with the session at the latest; {@link #free} ends it before. */
  <T extends NativeHandle> T make(String what, Supplier<T> maker) {
    return call(what, () -> own(maker.get()));
  }

  /** Ends something that {@link #make} made, once; nothing is left of it where the session has ended. */
  synchronized void free(NativeHandle made) {
    if (owned.remove(made)) {
      if (failed()) {
        quietly(made);
      } else {
        run("giving back memory", made::close);
      }
    }
  }

  /** Whether it has failed: what it held is lost. */
  boolean failed() {
    return failure != null;
  }

  /** The reason, where it has. */
  DeviceLostException failure() {
    return failure;
  }

  /**
   * Asks the device for something, from any thread.
   *
   * @param what for the error, such as "copying to the device"
   * @throws DeviceLostException if the device fails, or has
   * @throws OutOfMemoryError if it has too little memory
   */
  synchronized void run(String what, Runnable work) {
    requireWhole();
    try {
      context.makeCurrent();
      work.run();
    } catch (CudaException e) {
      throw failed(what, e);
    }
  }

  /** Likewise, with a result. */
  synchronized <T> T call(String what, Supplier<T> work) {
    requireWhole();
    try {
      context.makeCurrent();
      return work.get();
    } catch (CudaException e) {
      throw failed(what, e);
    }
  }

  private void requireWhole() {
    if (failure != null) {
      throw new DeviceLostException(failure.getMessage(), failure);
    }
    if (closed) {
      throw new IllegalStateException(name() + " is closed; close what uses it first");
    }
  }

  private RuntimeException failed(String what, CudaException e) {
    if (e.outOfMemory()) {
      OutOfMemoryError error = new OutOfMemoryError(
          name() + " has no memory left for " + what + ": " + device.memory() + " bytes in all, "
              + free() + " free; " + e.getMessage());
      error.initCause(e);
      throw error;
    }
    failure = new DeviceLostException(name() + " (" + device.name() + ") failed while " + what + ": " + e.getMessage()
        + "; what it held is lost, and the next request loads its model onto it anew", e);
    return failure;
  }

  /** Bytes of the device's memory that nobody has taken. */
  long freeMemory() {
    return call("asking for its memory", context::freeMemory);
  }

  private String free() {
    try {
      return String.valueOf(context.freeMemory());
    } catch (NativeException e) {
      return "an unknown number";
    }
  }

  String name() {
    return CudaBackendProvider.NAME + ":" + device.index();
  }

  CudaStream stream() {
    return stream;
  }

  /** How the kernels came, for people. */
  String origin() {
    return origin;
  }

  int multiprocessors() {
    return device.multiprocessors();
  }

  /** A launch of a kernel, still without arguments. */
  KernelLaunch launch(Kernel kernel, Arena arena) {
    return call("loading " + kernel.symbol,
        () -> new KernelLaunch(kernel, kernels.computeIfAbsent(kernel, each -> module.kernel(each.symbol)), arena));
  }

  /** Engines of cuDNN and cuBLASLt, which end with the session; null where nothing can run them. */
  synchronized Engines engines() {
    if (!enginesSought) {
      List<EngineLibrary> libraries =
          Stream.<EngineLibrary>of(CudnnLibrary.of(this, device), CublasLtLibrary.of(this, device))
              .filter(Objects::nonNull).toList();
      engines = libraries.isEmpty() ? null : new Engines(this, libraries, KeptEngines.usual());
      enginesSought = true;
    }
    return engines;
  }

  /** Waits until all is done that was asked for. */
  void await() {
    run("computing", stream::synchronize);
  }

  /** Copies to the device and waits for it. */
  void upload(MemorySegment host, MemorySegment target) {
    run("copying to it", () -> {
      for (long at = 0; at < host.byteSize(); at += STAGING) {
        long bytes = Math.min(STAGING, host.byteSize() - at);
        MemorySegment.copy(host, at, staging, 0, bytes);
        stream.upload(staging.asSlice(0, bytes), target.asSlice(at, bytes));
        stream.synchronize();
      }
    });
  }

  /** Copies from the device and waits for it. */
  void download(MemorySegment source, MemorySegment host) {
    run("copying from it", () -> {
      for (long at = 0; at < host.byteSize(); at += STAGING) {
        long bytes = Math.min(STAGING, host.byteSize() - at);
        stream.download(source.asSlice(at, bytes), staging.asSlice(0, bytes));
        stream.synchronize();
        MemorySegment.copy(staging, 0, host, at, bytes);
      }
    });
  }

  /** Ends it with all that is left of it. On the device's thread. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    List<NativeHandle> all = new ArrayList<>(owned);
    owned.clear();
    quietly(context::makeCurrent);
    if (engines != null) {
      quietly(engines::close);
    }
    all.reversed().forEach(Session::quietly);
    quietly(context);
  }

  /** A device that has failed answers every call with its error; what was there is gone with the context. */
  private static void quietly(NativeHandle handle) {
    quietly(handle::close);
  }

  private static void quietly(Runnable work) {
    try {
      work.run();
    } catch (NativeException e) {
      // told already
    }
  }
}
