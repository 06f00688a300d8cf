package dev.langevin.diffusion;

import java.util.OptionalDouble;

/**
 * The part that samplers written in sigmas have in common: a training schedule seen as sigmas, and how a run chooses
 * its levels among them. The sample is x = x0 + sigma * eps; the network is shown x / sqrt(sigma^2 + 1). Immutable.
 */
final class SigmaLevels {

  /**
   * In place of a last alphaBar of 0, whose sigma would be infinite: the smallest positive number of half precision.
   */
  private static final double SMALLEST_ALPHA_BAR = 0x1p-24;

  private final NoiseSchedule schedule;
  private final TimestepSpacing spacing;
  private final SigmaSpacing sigmaSpacing;
  private final int offset;
  private final int trainTimesteps;
  private final OptionalDouble configuredMax;
  private final OptionalDouble configuredMin;
  private final float[] table;
  private final float[] logs;

  /** The levels of a run. Descending; {@code sigmas} does not yet hold the level where the run ends. */
  record Levels(double[] timesteps, double[] sigmas) {}

  /** Reads the options that choose levels; a zero terminal SNR is rescaled, then kept a little above zero. */
  static SigmaLevels of(SchedulerConfig config, NoiseSchedule.Defaults defaults, SigmaSpacing... known) {
    NoiseSchedule schedule = NoiseSchedule.of(config, defaults);
    if (config.flag("rescale_betas_zero_snr")) {
      schedule = schedule.withAlphaBar(schedule.steps() - 1, SMALLEST_ALPHA_BAR);
    }
    return new SigmaLevels(config, schedule, known);
  }

  private SigmaLevels(SchedulerConfig config, NoiseSchedule schedule, SigmaSpacing... known) {
    this.schedule = schedule;
    spacing = TimestepSpacing.of(config, TimestepSpacing.LINSPACE);
    sigmaSpacing = SigmaSpacing.of(config, known);
    offset = config.integer("steps_offset");
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    configuredMax = config.optionalNumber("sigma_max");
    configuredMin = config.optionalNumber("sigma_min");
    table = schedule.sigmas();
    logs = SigmaSpacing.logarithms(table);
  }

  NoiseSchedule schedule() {
    return schedule;
  }

  int trainTimesteps() {
    return trainTimesteps;
  }

  SigmaSpacing sigmaSpacing() {
    return sigmaSpacing;
  }

  /** Float32 logarithms of the training sigmas, ascending. */
  float[] logs() {
    return logs;
  }

  /** The smallest and the largest sigma of training. */
  float smallest() {
    return table[0];
  }

  float largest() {
    return table[table.length - 1];
  }

  /** The levels of {@code steps} steps. */
  Levels levels(int steps) {
    double[] timesteps = SigmaSpacing.toFloat32(spacing.fractional(trainTimesteps, steps, offset));
    double[] sigmas = SigmaSpacing.interpolate(timesteps, table);
    return sigmaSpacing == SigmaSpacing.TIMESTEPS ? new Levels(timesteps, sigmas) : respaced(sigmas, steps);
  }

  /** The levels between the first and the last of {@code sigmas}, or between the configuration's ends, spaced anew. */
  Levels respaced(double[] sigmas, int steps) {
    double max = configuredMax.orElse(sigmas[0]);
    double min = configuredMin.orElse(sigmas[sigmas.length - 1]);
    double[] respaced = sigmaSpacing.between(max, min, steps);
    return new Levels(SigmaSpacing.timesteps(respaced, logs), respaced);
  }

  /** The levels of timesteps that the caller chose; they cannot be spaced anew. */
  Levels levels(SchedulerConfig options) {
    if (sigmaSpacing != SigmaSpacing.TIMESTEPS) {
      throw new IllegalArgumentException(
          options.owner() + ": timesteps are given, but " + sigmaSpacing.key()
              + " places the levels; give a number of steps, or turn it off");
    }
    double[] timesteps = CustomTimesteps.any(options);
    return new Levels(timesteps, SigmaSpacing.interpolate(timesteps, table));
  }

  /** What the unit-normal start is multiplied by, for a run whose largest sigma this is. */
  double initNoiseSigma(double[] sigmas) {
    double max = 0;
    for (double sigma : sigmas) {
      max = Math.max(max, sigma);
    }
    return spacing == TimestepSpacing.LEADING ? Math.sqrt(max * max + 1) : max;
  }

  /** Factor on the sample that gives the network a unit variance. */
  static double inputScale(double sigma) {
    return 1 / Math.sqrt(sigma * sigma + 1);
  }

  /** The level of a sample x0 + sigma * eps. */
  static Trajectory.NoiseLevel noiseLevel(double sigma) {
    return new Trajectory.NoiseLevel(1, sigma);
  }
}
