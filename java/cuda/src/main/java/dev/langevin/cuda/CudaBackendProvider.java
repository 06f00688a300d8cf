package dev.langevin.cuda;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.BackendProvider;
import dev.langevin.backend.Precision;
import dev.langevin.backend.SharedDevice;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Makes CUDA known to {@link java.util.ServiceLoader}; the driver is loaded when it is first opened. */
public final class CudaBackendProvider implements BackendProvider {

  static final String NAME = "cuda";

  private static final Map<Integer, SharedDevice<Gpu>> GPUS = new ConcurrentHashMap<>();

  /** Holds no state. */
  public CudaBackendProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Precision usualPrecision() {
    return Precision.F16;
  }

  /**
   * A share of a device's backend.
   *
   * @throws dev.langevin.bindings.NativeException if there is no driver, none that runs CUDA 13, or no device
   * @throws IllegalArgumentException if there is no device of that index, or threads are asked for
   */
  @Override
  public Backend open(int device, BackendOptions options) {
    if (options.threads() != null) {
      throw new IllegalArgumentException("threads is " + options.threads()
          + ": a GPU has threads of its own; leave threads away, or take the backend onednn");
    }
    return new CudaBackend(
        GPUS.computeIfAbsent(device, index -> new SharedDevice<>(NAME + ":" + index, ignored -> new Gpu(index)))
            .open(options));
  }
}
