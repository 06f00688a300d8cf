package dev.langevin.plan;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Bytes of memory that a plan holds: its weights as packed, its activations, and scratch that its ops share.
 *
 * @param updated of the weights, those that updates change: the others lie once for all plans of the network
 */
public record PlanSize(long weights, long updated, long activations, long scratch) {

  /** Of weights without updates. */
  public PlanSize(long weights, long activations, long scratch) {
    this(weights, 0, activations, scratch);
  }

  /** All three together; the updated weights are counted within the weights. */
  public long bytes() {
    return weights + activations + scratch;
  }

  /** What several plans of a network hold together: weights that they share count once. */
  public static long together(Collection<Plan> plans) {
    Map<Long, Long> weights = new HashMap<>();
    long own = 0;
    for (Plan plan : plans) {
      own += plan.size().activations + plan.size().scratch;
      plan.weights().forEach(block -> weights.put(block.address().address(), block.bytes()));
    }
    return own + weights.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public String toString() {
    return bytes() + " bytes (weights " + weights + (updated > 0 ? ", of which " + updated + " updated" : "")
        + ", activations " + activations + ", scratch " + scratch + ")";
  }
}
