package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.plan.Plan;
import dev.langevin.request.CancellationToken;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

/**
 * A run's hold on a plan that other runs may share: weights, scratch and activations are everybody's, as a completed
 * step leaves nothing in them that the next needs. The steady inputs and what was computed of them are the run's own:
 * they are copied when another run takes the plan, once, since they stay as they are until they are prepared anew, and
 * put back when this one goes on. Used on the backend's thread, but for {@link #close}.
 */
public final class Lease implements AutoCloseable {

  private static final long LONGEST_WAIT_MS = 60_000; // then it looks again

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

  /** The plan; it is this run's between {@link #enter} and the next run's. */
  public Plan plan() {
    return kept.plan;
  }

  /** Computes what depends on the steady inputs alone, after these were written. */
  public void prepare() {
    kept.plan.prepare();
    prepared = kept.plan.steadyBlock().bytes() > 0; // else there is nothing to put back
    if (saved != null) { // of inputs that were others
      saved.close();
      saved = null;
    }
  }

  /**
   * Makes the plan this run's, before it writes, prepares or runs.
   *
   * @return whether another run had it since: what is not steady must be written anew
   * @throws IllegalStateException if another run is between two slices of a pass
   */
  public boolean enter() {
    if (heldByOther()) {
      throw new IllegalStateException("the plan is between two slices of another run's pass");
    }
    Lease other = kept.within;
    if (other == this) {
      return false;
    }
    SwitchEvent event = other == null ? null : Recorded.begin(SwitchEvent::new);
    long copied = 0;
    if (other != null && other.prepared && other.saved == null) {
      other.saved = backend.memory().allocate(kept.plan.steadyBlock().bytes());
      other.saved.copyFrom(kept.plan.steadyBlock());
      copied += other.saved.bytes();
    }
    if (saved != null) {
      kept.plan.steadyBlock().copyFrom(saved);
      copied += saved.bytes();
    }
    kept.within = this;
    if (event != null) {
      event.bytes = copied;
      event.commit();
    }
    return true;
  }

  private boolean heldByOther() {
    synchronized (kept) {
      return kept.holder != null && kept.holder != this;
    }
  }

  /** Takes the plan for a pass in slices, in which its activations are this run's; false where another has it. */
  boolean hold() {
    synchronized (kept) {
      if (kept.holder == null) {
        kept.holder = this;
      }
      return kept.holder == this;
    }
  }

  private void letGo() {
    synchronized (kept) {
      if (kept.holder == this) {
        kept.holder = null;
        kept.notifyAll();
      }
    }
  }

  /**
   * Waits until no other run holds the plan; on the request's thread.
   *
   * @throws CancellationException as of the token
   */
  void awaitFree(CancellationToken token) {
    Runnable waker = () -> {
      synchronized (kept) {
        kept.notifyAll();
      }
    };
    token.whenCancelled(waker);
    try {
      synchronized (kept) {
        while (kept.holder != null) {
          token.requireGoingOn();
          kept.wait(Math.clamp(TimeUnit.NANOSECONDS.toMillis(token.left()), 1, LONGEST_WAIT_MS));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("the request was cancelled");
    } finally {
      token.forget(waker);
    }
  }

  @Override
  public void close() {
    letGo();
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
