package dev.langevin.backend.reference;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendProvider;

/** Makes the plain-Java backend known to {@link java.util.ServiceLoader}. */
public final class ReferenceBackendProvider implements BackendProvider {

  private static final class Instance {
    static final ReferenceBackend BACKEND = new ReferenceBackend();
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Backend backend() {
    return Instance.BACKEND;
  }
}
