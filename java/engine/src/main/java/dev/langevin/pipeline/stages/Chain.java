package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Walk;
import dev.langevin.request.GenerationListener.Preview;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** A reverse chain over networks that it shares with other runs. Made, stepped and closed on the backend's thread. */
public final class Chain implements Walk {

  private final String part;
  private final ReverseProcess process;
  private final List<Lease> leases;
  private final List<AutoCloseable> owned;
  private final Runnable again;

  /**
   * @param process that has begun; owned by this one from now on
   * @param leases of the networks that it was prepared with, likewise
   * @param owned further things to close, before these
   */
  public Chain(String part, ReverseProcess process, List<Lease> leases, List<AutoCloseable> owned) {
    this(part, process, leases, owned, () -> { });
  }

  /** @param again writes inputs that are not steady and stay the same, after another run used the networks */
  public Chain(String part, ReverseProcess process, List<Lease> leases, List<AutoCloseable> owned, Runnable again) {
    this.again = again;
    this.part = part;
    this.process = process;
    this.leases = leases;
    this.owned = owned;
  }

  @Override
  public int calls() {
    return process.calls();
  }

  @Override
  public int done() {
    return process.done();
  }

  @Override
  public void step() {
    boolean changed = false;
    for (Lease lease : leases) {
      changed |= lease.enter();
    }
    if (changed) {
      again.run();
      process.showAgain();
    }
    process.step();
  }

  @Override
  public Preview preview() {
    return new SamplePreview(part, process.sample(), process.predicted());
  }

  @Override
  public Tensor sample() {
    return SamplePreview.copy(process.sample());
  }

  @Override
  public void close() {
    process.close();
    for (AutoCloseable each : owned) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    leases.forEach(Lease::close);
  }
}
