package dev.langevin.backend.onednn;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendProvider;

/** Makes the oneDNN backend known to {@link java.util.ServiceLoader}; its libraries are loaded when it is first asked for. */
public final class OneDnnBackendProvider implements BackendProvider {

  private static final class Instance {
    static final OneDnnBackend BACKEND = new OneDnnBackend();
  }

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Backend backend() {
    return Instance.BACKEND;
  }
}
