package dev.langevin.cuda;

import dev.langevin.backend.EngineThread;
import dev.langevin.backend.SharedDevice;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaDevice;

/** A device: the thread that asks it for work, its memory, and the session that lives on it now. */
final class Gpu implements SharedDevice.Device {

  final EngineThread thread;
  final CudaDevice device;
  final CudaMemory memory;
  private Session session; // changed on the thread
  private volatile Session current; // the same, for any thread

  Gpu(int index) {
    device = CudaDevice.of(index);
    thread = new EngineThread("langevin-cuda-" + index);
    memory = new CudaMemory(this);
    try {
      thread.call(() -> {
        session = new Session(device);
        current = session;
        return null;
      });
    } catch (RuntimeException | Error e) {
      thread.close();
      throw e;
    }
  }

  /**
   * What lives on the device; begun anew where an error has ended it. From any thread.
   *
   * @throws NativeException if it cannot be begun anew
   */
  Session session() {
    Session now = current;
    return now.failed() ? thread.call(this::renewed) : now;
  }

  private Session renewed() {
    if (session.failed()) {
      session.close();
      try {
        session = new Session(device);
      } catch (NativeException e) {
        throw new NativeException("cuda:" + device.index() + " cannot be used again after it failed: "
            + e.getMessage() + "; start the program anew", e);
      }
      current = session;
    }
    return session;
  }

  @Override
  public int threads() {
    return 1; // of the host's
  }

  @Override
  public void close() {
    try {
      thread.call(() -> {
        session.close();
        return null;
      });
    } finally {
      thread.close();
    }
  }
}
