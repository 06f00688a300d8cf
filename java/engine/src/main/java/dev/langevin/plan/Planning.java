package dev.langevin.plan;

import dev.langevin.backend.Closing;
import dev.langevin.tensor.TensorSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A plan on its way: each {@link #advance} chooses the kernel of one op or packs one weight, so that others may use the
 * backend in between and a request that is called off leaves at once. Used on the backend's thread, but for
 * {@link #close} after the end.
 */
public final class Planning implements AutoCloseable {

  private final Planner planner;
  private final Layout layout;
  private final Collection<Plan> others;
  private final TensorSource weights;
  private final long preferredBytes;
  private final Runnable beforeMemory;
  private PackedWeights.Filling filling; // once all ops have their kernels
  private Plan plan;
  private boolean closed;

  Planning(Planner planner, Layout layout, Collection<Plan> others, TensorSource weights, long preferredBytes,
      Runnable beforeMemory) {
    this.planner = planner;
    this.layout = layout;
    this.others = List.copyOf(others);
    this.weights = weights;
    this.preferredBytes = preferredBytes;
    this.beforeMemory = beforeMemory;
  }

  /**
   * Goes on by one op or weight. After an exception it is closed.
   *
   * @return whether there is more to do
   * @throws PlanException naming the weight
   * @throws dev.langevin.tensor.ChangedFileException if a file of the weights was changed since it was opened
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public boolean advance() {
    try {
      return go();
    } catch (Throwable e) {
      Closing.after(e, List.of(this));
      if (e instanceof InternalError) { // the runtime's word for a page of a mapped file that is gone
        weights.requireUnchanged();
      }
      throw e;
    }
  }

  private boolean go() {
    if (filling == null && layout.prepareNext()) {
      return true;
    }
    if (filling == null) {
      layout.prepare(preferredBytes);
      others.forEach(other -> layout.packed().share(other.weights()));
      beforeMemory.run();
      filling = planner.filling(layout.packed(), weights);
    }
    if (filling.next()) {
      return true;
    }
    weights.unload();
    plan = layout.bind();
    close();
    return false;
  }

  /** The plan, which is the caller's, once {@link #advance} has returned false. */
  public Plan plan() {
    if (plan == null) {
      throw new IllegalStateException("the plan is not made yet");
    }
    return plan;
  }

  /** Gives up what is not part of a finished plan. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    List<AutoCloseable> all = new ArrayList<>(List.of(layout));
    if (plan == null && layout.packed() != null) {
      all.add(layout.packed()::free);
    }
    if (filling != null) {
      all.add(filling);
    }
    Closing.all(all);
  }
}
