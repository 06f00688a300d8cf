package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import dev.langevin.plan.Planner;
import dev.langevin.plan.WeightCache;
import dev.langevin.tensor.TensorSource;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A network of a model with its plans of several sizes. Weights that these pack alike lie once. A plan that nobody leases is kept for the
 * next request while all of them take no more than the largest alone and a quarter; of a network that must give way, none is.
 *
 * <p>Used on the backend's thread only. The weights are the caller's and must live as long.
 */
public final class Network implements AutoCloseable {

  /** A share of the machine's memory that a network may take without being asked: others live there too. */
  public static final long COMFORTABLE =
      ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize() / 2;

  private final String name;
  private final Backend backend;
  private final Planner planner;
  private final TensorSource weights;
  private final List<Kept> kept = new ArrayList<>(); // the latest used last
  private boolean thrifty;

  /** A plan and the lease whose inputs lie in it. */
  static final class Kept {
    final Object shape;
    final Plan plan;
    Lease within;
    int leases;

    Kept(Object shape, Plan plan) {
      this.shape = shape;
      this.plan = plan;
    }
  }

  /**
   * @param name in events and plans of requests
   * @param cache of packed weights, or null
   */
  public Network(String name, Backend backend, Precision precision, WeightCache cache, TensorSource weights) {
    this.name = name;
    this.backend = backend;
    this.planner = new Planner(backend, precision, cache);
    this.weights = weights;
  }

  public String name() {
    return name;
  }

  /** Keeps no plan beside the one that is used, as there is a limit of memory. */
  public Network thrifty() {
    thrifty = true;
    return this;
  }

  /** What a plan takes. Any thread may ask. */
  public PlanSize size(Graph graph, long preferredBytes) {
    return planner.size(graph, preferredBytes);
  }

  /**
   * A plan of a shape for one run, until the lease is closed.
   *
   * @param shape equal for equal graphs and preferences
   * @param preferredBytes as of {@link Planner#beside}
   */
  public Lease lease(Object shape, Supplier<Graph> graph, long preferredBytes) {
    Kept found = kept.stream().filter(each -> each.shape.equals(shape)).findFirst().orElse(null);
    if (found == null) {
      found = new Kept(shape, plan(graph.get(), preferredBytes));
    } else {
      kept.remove(found);
    }
    kept.add(found);
    trim(found);
    return new Lease(backend, found);
  }

  /** {@link #lease} for what is done at once. */
  public <T> T use(Object shape, Supplier<Graph> graph, Function<Plan, T> work) {
    try (Lease lease = lease(shape, graph, Long.MAX_VALUE)) {
      lease.enter();
      return work.apply(lease.plan());
    }
  }

  private Plan plan(Graph graph, long preferredBytes) {
    PlanEvent event = Recorded.begin(PlanEvent::new);
    Plan made = planner.beside(kept.stream().map(each -> each.plan).toList(), graph, weights, preferredBytes, () -> {
      if (thrifty) {
        release();
      }
    });
    if (event != null) {
      event.network = name;
      event.operations = made.ops().size();
      event.bytes = made.peakBytes();
      event.commit();
    }
    return made;
  }

  private void trim(Kept used) {
    if (kept.size() == 1) {
      return;
    }
    long largest = kept.stream().mapToLong(each -> each.plan.peakBytes()).max().orElse(0);
    for (Iterator<Kept> each = kept.iterator(); each.hasNext() && bytes() > largest + largest / 4;) {
      Kept oldest = each.next();
      if (oldest.leases == 0 && oldest != used) {
        each.remove();
        oldest.plan.close();
      }
    }
  }

  /** What is decided for each op of a plan, in order of execution. */
  List<PlannedOp> operations(Graph graph, long preferredBytes) {
    try (Plan plan = planner.beside(List.of(), graph, weights, preferredBytes, () -> { })) {
      return plan.ops();
    }
  }

  /** What all plans hold together. */
  public long bytes() {
    return Plan.bytes(kept.stream().map(each -> each.plan).toList());
  }

  /** Frees the plans that nobody leases. They are made anew when they are asked for. */
  public void release() {
    for (Iterator<Kept> each = kept.iterator(); each.hasNext();) {
      Kept free = each.next();
      if (free.leases == 0) {
        each.remove();
        free.plan.close();
      }
    }
  }

  @Override
  public void close() {
    kept.forEach(each -> each.plan.close());
    kept.clear();
  }
}
