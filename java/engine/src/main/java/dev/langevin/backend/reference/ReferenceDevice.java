package dev.langevin.backend.reference;

import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.EngineThread;
import dev.langevin.backend.SharedDevice;

/** The one thread of the plain-Java backend. */
final class ReferenceDevice implements SharedDevice.Device {

  final EngineThread thread = new EngineThread("langevin-reference");

  ReferenceDevice(BackendOptions options) {
    if (options.threads() != null && options.threads() != 1) {
      throw new IllegalArgumentException(
          "threads is " + options.threads() + ": plain Java runs on 1; leave threads away, or take the backend onednn");
    }
  }

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public void close() {
    thread.close();
  }
}
