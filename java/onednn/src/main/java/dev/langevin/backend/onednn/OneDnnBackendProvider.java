package dev.langevin.backend.onednn;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.BackendProvider;
import dev.langevin.backend.SharedDevice;

/** Makes oneDNN known to {@link java.util.ServiceLoader}; its libraries are loaded when it is first opened. */
public final class OneDnnBackendProvider implements BackendProvider {

  private static final SharedDevice<OneDnnDevice> CPU = new SharedDevice<>("onednn", OneDnnDevice::new);

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Backend open(int device, BackendOptions options) {
    if (device != 0) {
      throw new IllegalArgumentException("onednn:" + device + ": the processor is one device, onednn:0");
    }
    return new OneDnnBackend(CPU.open(options));
  }
}
