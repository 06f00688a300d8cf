package dev.langevin.bindings.cudnn;

import dev.langevin.bindings.NativeException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * The engines that cuDNN's heuristics name for a graph, the likeliest to be fast first, each made a plan when it is
 * asked for: that takes from a millisecond, where its code is in the library, to seconds, where it is compiled. One
 * thread at a time; closed before the graph.
 */
public final class PlanCandidates implements AutoCloseable {

  private final OperationGraph graph;
  private final DeviceDescription device;
  private final Set<NumericalNote> without;
  private final Deque<Constant> modes = new ArrayDeque<>(List.of(Constant.HEUR_MODE_A, Constant.HEUR_MODE_FALLBACK));
  private final Deque<Descriptor> configurations = new ArrayDeque<>();
  private NativeException refusal = new NativeException("cuDNN has no engine for this graph");
  private long engine;

  /** @param without engines of any of these are passed over */
  public PlanCandidates(OperationGraph graph, DeviceDescription device, Set<NumericalNote> without) {
    this.graph = graph;
    this.device = device;
    this.without = Set.copyOf(without);
  }

  /** The next that serves, which is the caller's to close; null where there is none any more. */
  public ExecutionPlan next() {
    while (true) {
      while (configurations.isEmpty()) {
        if (modes.isEmpty()) {
          return null;
        }
        ask(modes.remove());
      }
      try (Descriptor configuration = configurations.remove()) {
        if (serves(configuration)) {
          return ExecutionPlan.of(configuration, device);
        }
      } catch (NativeException e) {
        refusal = e;
      }
    }
  }

  private void ask(Constant mode) {
    try (Descriptor heuristics = new Descriptor(Constant.ENGINEHEUR_DESCRIPTOR)) {
      configurations.addAll(heuristics.set(Constant.ENGINEHEUR_OPERATION_GRAPH, graph.finished())
          .set(Constant.ENGINEHEUR_MODE, Constant.TYPE_HEUR_MODE, mode)
          .set(Constant.ENGINEHEUR_DEVICEPROP, device.descriptor).finish()
          .descriptors(Constant.ENGINEHEUR_RESULTS, Constant.ENGINECFG_DESCRIPTOR));
    } catch (NativeException e) {
      refusal = e;
    }
  }

  private boolean serves(Descriptor configuration) {
    List<Descriptor> engines = configuration.descriptors(Constant.ENGINECFG_ENGINE, Constant.ENGINE_DESCRIPTOR);
    try {
      engine = engines.getFirst().number(Constant.ENGINE_GLOBAL_INDEX);
      return Collections.disjoint(NumericalNote.of(engines.getFirst()), without);
    } finally {
      engines.forEach(Descriptor::close);
    }
  }

  /** The number, in cuDNN's list, of the engine of the last plan that {@link #next} gave. */
  public long engine() {
    return engine;
  }

  /** Why the last that did not serve did not. */
  public NativeException refusal() {
    return refusal;
  }

  @Override
  public void close() {
    configurations.forEach(Descriptor::close);
    configurations.clear();
  }
}
