package dev.langevin.plan;

/** Bytes of memory that a plan holds: its weights as packed, its activations, and scratch that its ops share. */
public record PlanSize(long weights, long activations, long scratch) {

  public long bytes() {
    return weights + activations + scratch;
  }

  @Override
  public String toString() {
    return bytes() + " bytes (weights " + weights + ", activations " + activations + ", scratch " + scratch + ")";
  }
}
