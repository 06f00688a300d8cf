package dev.langevin.diffusion;

/** Timesteps that the caller gives one by one in the schedule option {@code timesteps}. */
final class CustomTimesteps {

  private static final String KEY = "timesteps";

  private CustomTimesteps() {}

  /**
   * Whole training timesteps, each below the one before.
   *
   * @throws IllegalArgumentException if they are none, not whole, do not descend, or leave the training timesteps
   */
  static double[] descending(SchedulerConfig options, int trainTimesteps) {
    double[] timesteps = any(options);
    for (int i = 0; i < timesteps.length; i++) {
      if (timesteps[i] != Math.rint(timesteps[i]) || timesteps[i] < 0 || timesteps[i] >= trainTimesteps) {
        throw options.wrong(KEY, "whole numbers from " + (trainTimesteps - 1) + " to 0");
      }
      if (i > 0 && timesteps[i] >= timesteps[i - 1]) {
        throw options.wrong(KEY, "in descending order");
      }
    }
    return timesteps;
  }

  /** Any timesteps, at least one, rounded to float32. */
  static double[] any(SchedulerConfig options) {
    double[] timesteps = options.numbers(KEY);
    if (timesteps.length == 0) {
      throw options.wrong(KEY, "at least one timestep");
    }
    return SigmaSpacing.toFloat32(timesteps);
  }
}
