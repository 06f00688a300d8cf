package dev.langevin.backend.reference;

import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.EngineThread;
import dev.langevin.backend.SharedDevice;

/** The one thread of the plain-Java backend. */
final class ReferenceDevice implements SharedDevice.Device {

  final EngineThread thread = new EngineThread("langevin-reference");

  ReferenceDevice(BackendOptions options) {}

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public void close() {
    thread.close();
  }
}
