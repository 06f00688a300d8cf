package dev.langevin.pipeline;

import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.TensorSource;
import java.util.function.Supplier;

/** The plan of a network's last size. One of another size takes over its packed weights. Used on the backend's thread only. */
final class KeptPlan implements AutoCloseable {

  private final String network;
  private final Planner planner;
  private final TensorSource weights;
  private Object key;
  private Plan plan;

  /** @param network its name in events */
  KeptPlan(String network, Planner planner, TensorSource weights) {
    this.network = network;
    this.planner = planner;
    this.weights = weights;
  }

  /** @param wanted equal for equal graphs */
  Plan get(Object wanted, Supplier<Graph> graph) {
    return get(wanted, graph, Long.MAX_VALUE);
  }

  /**
   * @param wanted equal for equal graphs and limits
   * @param preferredBytes as of {@link Planner#replace}
   */
  Plan get(Object wanted, Supplier<Graph> graph, long preferredBytes) {
    if (plan == null || !wanted.equals(key)) {
      Plan earlier = plan;
      plan = null;
      PlanEvent event = Recorded.begin(PlanEvent::new);
      plan = planner.replace(earlier, graph.get(), weights, preferredBytes);
      key = wanted;
      if (event != null) {
        event.network = network;
        event.operations = plan.ops().size();
        event.bytes = plan.peakBytes();
        event.commit();
      }
    }
    return plan;
  }

  @Override
  public void close() {
    if (plan != null) {
      plan.close();
      plan = null;
    }
  }
}
