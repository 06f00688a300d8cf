package dev.langevin.pipeline.engine;

import dev.langevin.graph.Graph;
import dev.langevin.plan.PlanSize;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A network that a stage needs, in the size that it needs it.
 *
 * @param name in a request's plan
 * @param shape equal for equal graphs of the network
 * @param preferredBytes what its plan is not to exceed, if it can be kept
 * @param yields whether it makes do with slower kernels that take less where a limit asks for it
 * @param updates of the network's weights, or null for these as they are
 */
public record Need(String name, Network network, Object shape, Supplier<Graph> graph, long preferredBytes,
    boolean yields, Updates updates) {

  /** A network that takes what it takes. */
  public Need(String name, Network network, Object shape, Supplier<Graph> graph) {
    this(name, network, shape, graph, Long.MAX_VALUE, false, null);
  }

  /** Weights as they are. */
  public Need(String name, Network network, Object shape, Supplier<Graph> graph, long preferredBytes, boolean yields) {
    this(name, network, shape, graph, preferredBytes, yields, null);
  }

  /** The same of other weights. */
  public Need with(Updates other) {
    return new Need(name, network, shape, graph, preferredBytes, yields, other);
  }

  PlanSize size(long bytes) {
    return network.size(this, Math.min(bytes, preferredBytes));
  }

  /** What is done to each tensor. */
  Map<String, ?> updatedTensors() {
    return updates == null ? Map.of() : updates.tensors();
  }
}
