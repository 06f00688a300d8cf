package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.plan.Plan;

/**
 * A run's hold on a plan that other runs may share: weights, scratch and activations are everybody's, as a completed step leaves nothing
 * in them that the next needs. The steady inputs and what was computed of them are the run's own: they are copied when another run takes
 * the plan, once, since they stay as they are, and put back when this one goes on. Used on the backend's thread, but for {@link #close}.
 */
public final class Lease implements AutoCloseable {

  private final Backend backend;
  private final Network.Kept kept;
  private Block saved;
  private boolean prepared;
  private boolean closed;

  Lease(Backend backend, Network.Kept kept) {
    this.backend = backend;
    this.kept = kept;
    kept.leases++;
  }

  public Plan plan() {
    return kept.plan;
  }

  /** Computes what depends on the steady inputs alone, after these were written. */
  public void prepare() {
    kept.plan.prepare();
    prepared = true;
  }

  /**
   * Makes the plan this run's, before it writes, prepares or runs.
   *
   * @return whether another run had it since: what is not steady must be written anew
   */
  public boolean enter() {
    Lease other = kept.within;
    if (other == this) {
      return false;
    }
    if (other != null && other.prepared && other.saved == null) {
      other.saved = backend.memory().allocate(kept.plan.steadyBlock().bytes());
      other.saved.copyFrom(kept.plan.steadyBlock());
    }
    if (saved != null) {
      kept.plan.steadyBlock().copyFrom(saved);
    }
    kept.within = this;
    return true;
  }

  @Override
  public void close() {
    backend.call(() -> {
      if (!closed) {
        closed = true;
        kept.leases--;
        if (saved != null) {
          saved.close();
        }
        if (kept.within == this) {
          kept.within = null;
        }
      }
      return null;
    });
  }
}
