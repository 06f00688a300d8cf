package dev.langevin.backend.onednn;

import dev.langevin.backend.Backend;
import dev.langevin.backend.EngineThread;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.Stream;
import dev.langevin.graph.Node;
import java.util.concurrent.Callable;

/** oneDNN on the CPU. The engine and the stream live as long as the process. */
public final class OneDnnBackend implements Backend {

  private final EngineThread thread = new EngineThread("langevin-onednn");
  private final Kernels kernels;

  OneDnnBackend() {
    kernels = thread.call(() -> {
      Engine engine = Engine.cpu();
      return new Kernels(engine, new Stream(engine));
    });
  }

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public String description() {
    return "oneDNN " + Engine.version() + ", cpu isa 0x" + Integer.toHexString(Engine.effectiveCpuIsa());
  }

  @Override
  public PreparedOp prepare(Node node) {
    try {
      return kernels.prepare(node);
    } catch (NativeException e) {
      throw new UnsupportedOpException(node + ": oneDNN has no implementation: " + e.getMessage(), e);
    }
  }

  @Override
  public <T> T call(Callable<T> work) {
    return thread.call(work);
  }

  @Override
  public boolean isCurrentThread() {
    return thread.isCurrent();
  }
}
