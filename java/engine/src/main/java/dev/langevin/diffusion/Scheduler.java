package dev.langevin.diffusion;

/**
 * A sampler: turns a number of steps into a {@link Trajectory} down the noise levels. Immutable; any number of threads may
 * share one.
 */
public interface Scheduler {

  /** The class name that diffusers gives this sampler, for example {@code DDIMScheduler}. */
  String className();

  /** Number of noise levels that the network was trained on. */
  int trainTimesteps();

  /**
   * Lays out a run.
   *
   * @throws IllegalArgumentException if the options do not fit this sampler, with the values and a remedy
   */
  Trajectory trajectory(TrajectoryOptions options);
}
