package dev.langevin.diffusion;

/**
 * Levels of a rectified flow x = (1 - sigma) x0 + sigma eps, whose time is sigma itself (Liu et al., arXiv:2209.03003;
 * Lipman et al., arXiv:2210.02747).
 *
 * @param shift moves all levels towards the noise; the smallest level of training is moved by it already, so that it
 *   acts on that one twice
 */
record FlowLevels(int trainTimesteps, double shift, boolean shiftsTraining) {

  /** Reads {@code num_train_timesteps}, {@code shift} and {@code use_dynamic_shifting}. */
  static FlowLevels of(SchedulerConfig config) {
    return new FlowLevels(config.integer("num_train_timesteps", 1000), config.number("shift"),
        !config.flag("use_dynamic_shifting"));
  }

  /** Evenly from 1 to the smallest level of training, before the run's own shift. */
  double[] even(int steps) {
    double smallest = (float) (1.0 / trainTimesteps);
    if (shiftsTraining) {
      smallest = (float) (shift * smallest / (1 + (shift - 1) * smallest));
    }
    double[] times = TimestepSpacing.linspace(trainTimesteps, smallest * trainTimesteps, steps);
    for (int i = 0; i < steps; i++) {
      times[i] /= trainTimesteps;
    }
    return times;
  }

  /** The times of levels, as the network is told them. */
  double[] timesteps(double[] sigmas, int count) {
    double[] timesteps = new double[count];
    for (int i = 0; i < count; i++) {
      timesteps[i] = (float) sigmas[i] * (float) trainTimesteps;
    }
    return timesteps;
  }

  static Trajectory.NoiseLevel noiseLevel(double sigma) {
    return new Trajectory.NoiseLevel(1 - sigma, sigma);
  }
}
