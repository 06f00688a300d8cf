package dev.langevin.pipeline.engine;

import dev.langevin.graph.Graph;
import dev.langevin.plan.PlanSize;
import java.util.function.Supplier;

/**
 * A network that a stage needs, in the size that it needs it.
 *
 * @param name in a request's plan
 * @param shape equal for equal graphs of the network
 * @param preferredBytes what its plan is not to exceed, if it can be kept
 * @param yields whether it makes do with slower kernels that take less where a limit asks for it
 */
public record Need(String name, Network network, Object shape, Supplier<Graph> graph, long preferredBytes,
    boolean yields) {

  /** A network that takes what it takes. */
  public Need(String name, Network network, Object shape, Supplier<Graph> graph) {
    this(name, network, shape, graph, Long.MAX_VALUE, false);
  }

  PlanSize size(long bytes) {
    return network.size(graph.get(), Math.min(bytes, preferredBytes));
  }
}
