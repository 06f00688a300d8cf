package dev.langevin.pipeline.engine;

import dev.langevin.plan.Plan;
import dev.langevin.request.CancellationToken;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One pass of a network in slices, between which its plan is this run's alone. Used on the backend's thread but where
 * it says so.
 */
final class Pass<T> implements AutoCloseable {

  private final Consumer<Plan> write;
  private final Function<Plan, T> read;
  private Lease lease;
  private boolean waits;
  private int done;
  private T result;

  Pass(Consumer<Plan> write, Function<Plan, T> read) {
    this.write = write;
    this.read = read;
  }

  /** Takes the plan, if no other run has it. */
  boolean begin(Supplier<Lease> plan) {
    lease = lease == null ? plan.get() : lease;
    waits = !lease.hold();
    if (!waits && lease.enter()) {
      write.accept(lease.plan());
    }
    return !waits;
  }

  /** Makes a slice; true at the end. */
  boolean advance() {
    Plan plan = lease.plan();
    if (done < plan.slices()) {
      plan.run(done++);
    }
    if (done < plan.slices()) {
      return false;
    }
    result = read.apply(plan);
    return true;
  }

  /** Waits on the request's thread while another run has the plan. */
  void awaitPlan(CancellationToken token) {
    if (waits) {
      lease.awaitFree(token);
    }
  }

  T result() {
    return result;
  }

  /** On any thread. */
  @Override
  public void close() {
    if (lease != null) {
      lease.close();
    }
  }
}
