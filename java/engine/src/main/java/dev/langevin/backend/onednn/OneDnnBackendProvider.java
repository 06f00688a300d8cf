package dev.langevin.backend.onednn;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendProvider;

/** Makes the oneDNN backend known to {@link java.util.ServiceLoader}; its libraries are loaded when it is first asked for. */
public final class OneDnnBackendProvider implements BackendProvider {

  // Not in a static initialiser: why the libraries cannot be loaded would then be told once only, and as an Error.
  private static OneDnnBackend backend;

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Backend backend() {
    return shared();
  }

  private static synchronized Backend shared() {
    if (backend == null) {
      backend = new OneDnnBackend();
    }
    return backend;
  }
}
