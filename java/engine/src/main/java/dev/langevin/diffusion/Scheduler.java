package dev.langevin.diffusion;

import java.util.Optional;

/**
 * A sampler: turns a number of steps into a {@link Trajectory} down the noise levels. Immutable; any number of threads
 * may share one.
 */
public interface Scheduler {

  /** The class name that diffusers gives this sampler, for example {@code DDIMScheduler}. */
  String className();

  /** Number of noise levels that the network was trained on. */
  int trainTimesteps();

  /**
   * The forward chain that the sampler reverses; empty for samplers that know continuous noise levels only (EDM, flow).
   */
  default Optional<NoiseSchedule> noiseSchedule() {
    return Optional.empty();
  }

  /** Network calls a step, on average over a long run: 2 for Heun and KDPM2. Start indices are multiples of it. */
  default int callsPerStep() {
    return 1;
  }

  /** Whether it reads what the network predicts without a condition, and so needs guidance. */
  default boolean needsUnconditional() {
    return false;
  }

  /**
   * Whether a run from a picture begins at its own first call, laid out by the schedule's option {@code strength}, and
   * not at a start index.
   */
  default boolean startsByStrength() {
    return false;
  }

  /**
   * Lays out a run.
   *
   * @throws IllegalArgumentException if the options do not fit this sampler, with the values and a remedy
   */
  Trajectory trajectory(TrajectoryOptions options);
}
