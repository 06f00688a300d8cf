package dev.langevin.pipeline.stages;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Closing;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.StepPreview;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Walk;
import dev.langevin.request.GenerationListener.Preview;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** A reverse chain over networks that it shares with other runs. Made, stepped and closed on the backend's thread. */
public final class Chain implements Walk {

  /** Bytes of a sample of which no previews are kept: one of SD 1.5 at its own size has so many. */
  private static final long LARGE = 1 << 16;

  private final Backend backend;
  private final String part;
  private final ReverseProcess process;
  private final List<Lease> leases;
  private final List<AutoCloseable> owned;

  /**
   * A chain that goes on with what it began; inputs of its networks that are not steady are the sample and the time.
   *
   * @param process that has begun; owned by this one from now on
   * @param leases of the networks that it was prepared with, likewise
   * @param owned further things to close, before these
   */
  public Chain(Backend backend, String part, ReverseProcess process, List<Lease> leases, List<AutoCloseable> owned) {
    this.backend = backend;
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
      process.resume();
    }
    process.step();
  }

  @Override
  public Preview preview() {
    return new SamplePreview(part, backend, process.preview());
  }

  @Override
  public int previews() {
    return process.x().block().bytes() > LARGE ? 0 : StepPreview.KEPT;
  }

  @Override
  public Preview preview(int slot) {
    return new SamplePreview(part, backend, process.preview().keep(slot));
  }

  @Override
  public Tensor sample() {
    return process.x().read();
  }

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(leases);
    all.addAll(owned);
    all.add(process);
    Closing.all(all);
  }
}
