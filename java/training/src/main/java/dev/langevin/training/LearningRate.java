package dev.langevin.training;

/**
 * A learning rate that rises linearly from 0 over the first steps, then stays or falls as half a cosine
 * (arXiv:1608.03983, equation 5) to a part of its peak.
 *
 * @param peak after the warm-up
 * @param warmUp steps of the rise
 * @param steps of the whole run; 0 for a rate that stays
 * @param floor what is left at the end, as a part of the peak
 */
public record LearningRate(double peak, long warmUp, long steps, double floor) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number lies outside its range, or the warm-up is not shorter than the run
   */
  public LearningRate {
    if (!(peak > 0) || warmUp < 0 || steps != 0 && steps <= warmUp || !(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException(
          "learning_rate " + peak + ", warmup_steps " + warmUp + ", steps " + steps + ", floor " + floor
              + ": the rate must be above 0, the warm-up shorter than the run, the floor between 0 and 1");
    }
  }

  /** The same rate, above 0, at each step. */
  public static LearningRate constant(double rate) {
    return new LearningRate(rate, 0, 0, 0);
  }

  /**
   * {@return the rate of a step}
   *
   * @param step 1 for the first
   */
  public double at(long step) {
    if (step <= warmUp) {
      return peak * step / warmUp;
    }
    if (steps == 0) {
      return peak;
    }
    double done = Math.min(1, (double) (step - warmUp) / (steps - warmUp));
    return peak * (floor + (1 - floor) * (1 + Math.cos(Math.PI * done)) / 2);
  }
}
