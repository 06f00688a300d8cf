package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.TensorSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Decides: turns a graph, its weights and a backend into a {@link Plan}. Whatever can fail for lack of support, of a
 * weight or of memory fails here, by name.
 */
public final class Planner {

  private final Backend backend;
  private final Precision precision;
  private final WeightCache cache; // or null
  private final DType stored;

  /** Plans networks in f32 without a cache of packed weights. The backend stays the caller's. */
  public Planner(Backend backend) {
    this(backend, Precision.F32);
  }

  /**
   * Plans networks in a precision, without a cache of packed weights. The backend stays the caller's.
   *
   * @param precision of the layers between a network's ends, see {@link SensitiveLayers}
   * @throws PlanException where the backend has no such precision on this machine
   */
  public Planner(Backend backend, Precision precision) {
    this(backend, precision, null);
  }

  /**
   * Plans networks in a precision, with a cache of packed weights. The backend stays the caller's.
   *
   * @param precision of the layers between a network's ends, see {@link SensitiveLayers}
   * @param cache of packed weights for those sources that tell their {@link TensorSource#identity}, or null for none
   * @throws PlanException where the backend has no such precision on this machine
   */
  public Planner(Backend backend, Precision precision, WeightCache cache) {
    String refusal = backend.refusal(precision);
    if (refusal != null) {
      throw new PlanException(refusal);
    }
    this.backend = backend;
    this.precision = precision;
    this.cache = cache;
    this.stored = DType.F32;
  }

  private Planner(Planner other, DType stored) {
    this.backend = other.backend;
    this.precision = other.precision;
    this.cache = other.cache;
    this.stored = stored;
  }

  /**
   * This, but with weights of layers that lie as {@code stored} where the backend can compute from it: F16 or BF16 take
   * half of the memory, and no other results but for rounding, where all numbers of those weights are of that type. F32
   * for weights of any. For plans of precision F32.
   */
  public Planner keeping(DType type) {
    return new Planner(this, type);
  }

  /** {@link #plan(Graph, TensorSource, long)} with no limit but the machine's. */
  public Plan plan(Graph graph, TensorSource weights) {
    return plan(graph, weights, Long.MAX_VALUE);
  }

  /**
   * Compiles a graph. The plan belongs to the caller, who closes it. Where the fastest kernels' weights take more
   * memory than the limit leaves, slower ones take their place, those first that free the most.
   *
   * @param limitBytes most memory that the plan may take, weights included
   * @throws PlanException naming the weight, or the bytes needed and allowed
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public Plan plan(Graph graph, TensorSource weights, long limitBytes) {
    return plan(graph, weights, limitBytes, Map.of());
  }

  /**
   * {@link #plan(Graph, TensorSource, long)} with inputs and outputs that lie in the caller's memory, which must
   * outlive the plan.
   *
   * @param bound blocks of the backend's memory by the name of an input or output, aligned as that asks for, of the
   *   value's size
   */
  public Plan plan(Graph graph, TensorSource weights, long limitBytes, Map<String, Block> bound) {
    return backend.call(() -> {
      Layout layout = layout(graph, bound);
      return finished(
          new Planning(this, layout, List.of(), weights, limitBytes, () -> layout.requireWithin(limitBytes)));
    });
  }

  /**
   * Compiles a graph of the same network as other plans, for example of another size: weights that both pack alike lie
   * once, for all of them, until the last is closed.
   *
   * @param others of the same backend and weights
   * @param preferredBytes not to be exceeded, if there are kernels that take so little
   * @param beforeMemory done when it is known that the plan can be made and before its memory is taken, on the
   *   backend's thread: closing some of the others, for example
   * @throws PlanException naming the weight
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public Plan beside(Collection<Plan> others, Graph graph, TensorSource weights, long preferredBytes,
      Runnable beforeMemory) {
    return backend.call(() -> finished(begin(others, graph, weights, preferredBytes, beforeMemory)));
  }

  /**
   * Compiles graphs of one network for several sizes of which one is run at a time: weights that are packed alike lie
   * once, and activations lie in one memory, that of the largest. So inputs are to be written before each run, and
   * outputs read before another plan's.
   *
   * @param bound as of {@link #plan(Graph, TensorSource, long, Map)}, of each graph
   * @return a plan for each graph, all of them the caller's to close
   * @throws PlanException naming the weight
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public List<Plan> alternatives(List<Graph> graphs, TensorSource weights, Map<String, Block> bound) {
    return backend.call(() -> {
      List<Layout> layouts = new ArrayList<>();
      List<Plan> plans = new ArrayList<>();
      SharedRoom room = null;
      try {
        for (Graph graph : graphs) {
          layouts.add(layout(graph, bound));
          layouts.getLast().prepare(Long.MAX_VALUE);
        }
        room = new SharedRoom(backend, layouts.stream().mapToLong(each -> each.size().activations()).max().orElse(0),
            layouts.stream().mapToLong(each -> each.size().scratch()).max().orElse(0));
        while (!layouts.isEmpty()) {
          Layout layout = layouts.removeFirst();
          layout.within(room);
          plans.add(finished(new Planning(this, layout, plans, weights, Long.MAX_VALUE, () -> {})));
        }
        return plans;
      } catch (Throwable e) {
        Closing.after(e, plans);
        throw e;
      } finally {
        Closing.all(layouts);
        if (room != null) {
          room.close();
        }
      }
    });
  }

  /** {@link #beside} in steps, on the backend's thread. */
  public Planning begin(Collection<Plan> others, Graph graph, TensorSource weights, long preferredBytes,
      Runnable beforeMemory) {
    return begin(others, graph, weights, Map.of(), preferredBytes, beforeMemory);
  }

  /**
   * {@link #begin(Collection, Graph, TensorSource, long, Runnable)} where some weights are others than those of the
   * other plans: they are shared where they have equal updates.
   *
   * @param updates what was done to a tensor, by its name: equal where the values are. None for those that are as the
   *   network has them, whose values follow from the identity of {@code weights}
   */
  public Planning begin(Collection<Plan> others, Graph graph, TensorSource weights, Map<String, ?> updates,
      long preferredBytes, Runnable beforeMemory) {
    return new Planning(this, new Layout(backend, precision, stored, graph, Map.of(), updates), others, weights,
        preferredBytes, beforeMemory);
  }

  private static Plan finished(Planning planning) {
    while (planning.advance()) {}
    return planning.plan();
  }

  private Layout layout(Graph graph, Map<String, Block> bound) {
    return new Layout(backend, precision, stored, graph, bound, Map.of());
  }

  PackedWeights.Filling filling(PackedWeights packed, TensorSource weights) {
    return packed.fill(weights, backend, cache);
  }

  /**
   * Finds out what memory a graph's plan takes, without taking it.
   *
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public PlanSize size(Graph graph) {
    return size(graph, Long.MAX_VALUE);
  }

  /** {@link #size(Graph)} where the plan is not to take more than {@code preferredBytes}, if that can be. */
  public PlanSize size(Graph graph, long preferredBytes) {
    return size(graph, preferredBytes, Map.of());
  }

  /** {@link #size(Graph)} without what lies in the caller's memory. */
  public PlanSize size(Graph graph, Map<String, Block> bound) {
    return size(() -> layout(graph, bound), Long.MAX_VALUE);
  }

  /** {@link #size(Graph, long)} of weights with updates, as of {@link #begin}. */
  public PlanSize size(Graph graph, long preferredBytes, Map<String, ?> updates) {
    return size(() -> new Layout(backend, precision, stored, graph, Map.of(), updates), preferredBytes);
  }

  private PlanSize size(Supplier<Layout> unprepared, long preferredBytes) {
    return backend.call(() -> {
      try (Layout layout = unprepared.get()) {
        return layout.prepare(preferredBytes).size();
      }
    });
  }
}
