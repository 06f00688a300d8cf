package dev.langevin.far;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.BackendProvider;

/** Makes {@code far} known to {@link java.util.ServiceLoader}. */
public final class FarBackendProvider implements BackendProvider {

  /** Whose kernels compute. */
  static final String INNER = System.getProperty("langevin.far", "onednn");

  private static final FarMemory MEMORY = new FarMemory();

  @Override
  public String name() {
    return "far";
  }

  @Override
  public Backend open(int device, BackendOptions options) {
    return new FarBackend(Backend.open(INNER, options), MEMORY);
  }
}
