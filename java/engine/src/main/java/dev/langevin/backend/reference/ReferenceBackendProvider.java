package dev.langevin.backend.reference;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.BackendProvider;
import dev.langevin.backend.SharedDevice;

/** Makes the plain-Java backend known to {@link java.util.ServiceLoader}. */
public final class ReferenceBackendProvider implements BackendProvider {

  private static final SharedDevice<ReferenceDevice> JVM =
      new SharedDevice<>("reference", ReferenceDevice::new);

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Backend open(int device, BackendOptions options) {
    if (device != 0) {
      throw new IllegalArgumentException("reference:" + device + ": plain Java is one device, reference:0");
    }
    if (options.threads() != null && options.threads() != 1) {
      throw new IllegalArgumentException(
          "threads is " + options.threads() + ": plain Java runs on 1; leave threads away, or take the backend onednn");
    }
    return new ReferenceBackend(JVM.open(options));
  }
}
