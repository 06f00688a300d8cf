package dev.langevin.training;

/**
 * How much of the average of the weights a step keeps, as diffusers' {@code EMAModel} has it: rising with the steps, up
 * to {@code decay}.
 *
 * @param decay the most that is kept, 0 to 1
 * @param warmUp whether it rises as 1 - (1 + step / inverseGamma)^-power, else as (1 + step) / (10 + step)
 */
public record MovingAverage(double decay, boolean warmUp, double inverseGamma, double power) {

  /**
   * Checks {@code decay}.
   *
   * @throws IllegalArgumentException if {@code decay} lies outside [0, 1]
   */
  public MovingAverage {
    if (!(decay >= 0 && decay <= 1)) {
      throw new IllegalArgumentException("ema decay is " + decay + "; it lies between 0 and 1");
    }
  }

  /** With the faster rise. */
  public static MovingAverage of(double decay) {
    return new MovingAverage(decay, false, 1, 2 / 3.0);
  }

  /**
   * {@return the share of the average that a step keeps, from 0 to {@code decay}}
   *
   * @param step 1 for the first; the first keeps nothing
   */
  public double decayAt(long step) {
    long before = step - 1;
    if (before <= 0) {
      return 0;
    }
    return Math.min(decay, warmUp ? 1 - Math.pow(1 + before / inverseGamma, -power) : (1.0 + before) / (10 + before));
  }
}
