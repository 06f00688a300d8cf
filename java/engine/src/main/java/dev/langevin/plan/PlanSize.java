package dev.langevin.plan;

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

  @Override
  public String toString() {
    return bytes() + " bytes (weights " + weights + (updated > 0 ? ", of which " + updated + " updated" : "")
        + ", activations " + activations + ", scratch " + scratch + ")";
  }
}
