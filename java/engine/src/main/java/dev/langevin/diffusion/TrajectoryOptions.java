package dev.langevin.diffusion;

import java.util.Map;

/**
 * What a caller asks of a run.
 *
 * @param steps number of inference steps, at least 1; not used where {@code timesteps} or {@code sigmas} are given one
 *   by one
 * @param startIndex index into the timesteps of the first network call; 0 for a run from pure noise
 * @param scheduleOptions how the levels are laid out, by diffusers' {@code set_timesteps} names ({@code timesteps},
 *   {@code sigmas}, {@code mu}, {@code strength}, {@code original_inference_steps}); arrays are {@code double[]}
 * @param stepOptions options of each step, by diffusers' {@code step} names ({@code eta}, {@code s_churn}, ...)
 */
public record TrajectoryOptions(
    int steps, int startIndex, Map<String, Object> scheduleOptions, Map<String, Object> stepOptions) {

  /**
   * Copies both maps, though not the arrays in them.
   *
   * @throws IllegalArgumentException if {@code steps} is below 1
   */
  public TrajectoryOptions {
    if (steps < 1) {
      throw new IllegalArgumentException("steps is " + steps + "; a run takes at least 1 step");
    }
    scheduleOptions = Map.copyOf(scheduleOptions);
    stepOptions = Map.copyOf(stepOptions);
  }

  /** A whole run from pure noise with the sampler's defaults. */
  public static TrajectoryOptions steps(int steps) {
    return new TrajectoryOptions(steps, 0, Map.of(), Map.of());
  }

  /**
   * The schedule options, to be read by their types.
   *
   * @throws IllegalArgumentException if there is one that is not among the sampler's {@code known} ones
   */
  SchedulerConfig schedule(String className, String... known) {
    return SchedulerConfig.ofRun(className + " schedule", scheduleOptions).allowOnly(known);
  }

  /** {@link #schedule} for the step options. */
  SchedulerConfig step(String className, String... known) {
    return SchedulerConfig.ofRun(className + " step", stepOptions).allowOnly(known);
  }
}
