package dev.langevin.backend.onednn;

import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.EngineThread;
import dev.langevin.backend.SharedDevice;
import dev.langevin.backend.HostMemory;
import dev.langevin.backend.Memory;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.OneDnn;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import dev.langevin.bindings.onednn.Stream;
import dev.langevin.bindings.shim.Guard;
import dev.langevin.bindings.shim.Shim;

/** The processor: the thread that all kernels run on, with its OpenMP team, and oneDNN's engine and stream. */
final class OneDnnDevice implements SharedDevice.Device {

  final EngineThread thread = new EngineThread("langevin-onednn");
  final Kernels kernels;
  private final int threads;
  private Engine engine;
  private Stream stream;

  /** Size of a huge page: smaller blocks gain nothing from them. */
  private static final long HUGE = 2L << 20;

  final Memory memory = new HostMemory(OneDnnDevice::block, OneDnnDevice::guard);

  /**
   * Compiled primitives that are there for the next plan of equal layers. The library's own 1024 take a hundred
   * megabytes more, where sizes change, and fill so slowly that they look like a leak.
   */
  private static final int CACHED_PRIMITIVES = 256;

  OneDnnDevice(BackendOptions options) {
    OneDnn.cachePrimitives(CACHED_PRIMITIVES);
    try {
      // OpenMP keeps the number a thread: set on any other thread it would hold for no kernel.
      threads = thread.call(() -> {
        Shim.setThreads(threads(options));
        return Shim.threads();
      });
      kernels = thread.call(() -> {
        engine = Engine.cpu();
        stream = new Stream(engine);
        return new Kernels(engine, stream);
      });
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private static MemorySegment block(long bytes, Arena arena) {
    return bytes < HUGE ? LiveHandles.block(arena.allocate(bytes, Tensor.ALIGNMENT), arena)
        : Shim.allocate(bytes, arena);
  }

  private static Memory.Guard guard(MemorySegment mapped) {
    Guard guard = new Guard(mapped);
    return new Memory.Guard() {
      @Override
      public boolean broken() {
        return guard.broken();
      }

      @Override
      public void close() {
        guard.close();
      }
    };
  }

  private static int threads(BackendOptions options) {
    if (options.threads() != null) {
      return options.threads();
    }
    String environment = System.getenv("OMP_NUM_THREADS");
    return environment != null && !environment.isBlank() ? Shim.threads() : Runtime.getRuntime().availableProcessors();
  }

  boolean multipliesHalves() {
    return thread.call(kernels::multipliesHalves);
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public void close() {
    try {
      thread.call(() -> {
        if (stream != null) {
          stream.close();
        }
        if (engine != null) {
          engine.close();
          Shim.endThreads();
        }
        return null;
      });
    } finally {
      thread.close();
    }
  }
}
