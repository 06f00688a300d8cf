package dev.langevin.diffusion;

import java.util.Arrays;

/**
 * Which of the training timesteps a short run visits (Lin et al., arXiv:2305.08891, table 2). Roundings are numpy's:
 * half to even.
 */
public enum TimestepSpacing {
  /** 0, r, 2r, ... with the whole-number ratio r = T / steps; never reaches the last timestep. */
  LEADING,
  /** From 0 to T-1, both included. */
  LINSPACE,
  /** T-1, T-1-r, ... with the fractional ratio r = T / steps; never reaches 0. */
  TRAILING;

  /** Reads {@code timestep_spacing}. */
  public static TimestepSpacing of(SchedulerConfig config, TimestepSpacing defaultSpacing) {
    return of(config, defaultSpacing, values());
  }

  /** {@link #of} for samplers that take only some. */
  public static TimestepSpacing of(
      SchedulerConfig config, TimestepSpacing defaultSpacing, TimestepSpacing... allowed) {
    String[] words = Arrays.stream(allowed).map(TimestepSpacing::word).toArray(String[]::new);
    return valueOf(config.choice("timestep_spacing", defaultSpacing.word(), words).toUpperCase());
  }

  private String word() {
    return name().toLowerCase();
  }

  /**
   * Whole timesteps, descending.
   *
   * @param trainSteps T
   * @param offset {@code steps_offset}, added where the spacing is {@link #LEADING}
   * @throws IllegalArgumentException if there are more steps than training timesteps
   */
  public double[] whole(int trainSteps, int steps, int offset) {
    requireAtMost(trainSteps, steps);
    double[] timesteps = fractional(trainSteps, steps, offset);
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = Math.rint(timesteps[i]);
    }
    return timesteps;
  }

  /**
   * {@link #whole}, but {@link #LINSPACE} is not rounded to whole timesteps (samplers written in sigma interpolate).
   */
  public double[] fractional(int trainSteps, int steps, int offset) {
    return switch (this) {
      case LINSPACE -> reversed(linspace(0, trainSteps - 1, steps));
      case LEADING -> {
        requireAtMost(trainSteps, steps);
        yield leading(trainSteps / steps, steps, offset);
      }
      case TRAILING -> trailing(trainSteps, trainSteps / (double) steps);
    };
  }

  /**
   * The spacing of multistep solvers: {@code steps + 1} timesteps of which the lowest is dropped, because the run ends
   * at a sigma of its own; whole, descending.
   *
   * @param lastTimestep where the run begins: T, or less where the signal-to-noise ratio is clipped below
   */
  public double[] withoutLowest(int trainSteps, int lastTimestep, int steps, int offset) {
    return switch (this) {
      case LINSPACE -> {
        double[] timesteps = reversed(linspace(0, lastTimestep - 1, steps + 1));
        for (int i = 0; i < timesteps.length; i++) {
          timesteps[i] = Math.rint(timesteps[i]);
        }
        yield Arrays.copyOf(timesteps, steps);
      }
      case LEADING -> {
        requireAtMost(lastTimestep, steps + 1);
        yield Arrays.copyOf(leading(lastTimestep / (steps + 1), steps + 1, offset), steps);
      }
      case TRAILING -> trailing(lastTimestep, trainSteps / (double) steps);
    };
  }

  private static void requireAtMost(int trainSteps, int steps) {
    if (steps > trainSteps) {
      throw new IllegalArgumentException(
          "steps is " + steps + ", but the chain has only " + trainSteps
              + " timesteps to choose from (num_train_timesteps); use fewer steps");
    }
  }

  private static double[] leading(int ratio, int steps, int offset) {
    double[] timesteps = new double[steps];
    for (int i = 0; i < steps; i++) {
      timesteps[i] = (double) (steps - 1 - i) * ratio + offset;
    }
    return timesteps;
  }

  /** As numpy's arange(last, 0, -ratio) does: a rounded ratio may give one timestep more than was asked for. */
  private static double[] trailing(int last, double ratio) {
    double[] timesteps = new double[(int) Math.ceil((0 - last) / -ratio)];
    double step = (last - ratio) - last;
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = Math.rint(last + i * step) - 1;
    }
    return timesteps;
  }

  /** Evenly spaced numbers from start to end, both included; as numpy computes them. */
  static double[] linspace(double start, double end, int count) {
    double[] values = new double[count];
    double step = (end - start) / (count - 1);
    for (int i = 0; i < count - 1; i++) {
      values[i] = i * step + start;
    }
    values[count - 1] = count == 1 ? start : end;
    return values;
  }

  static double[] reversed(double[] values) {
    double[] reversed = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      reversed[i] = values[values.length - 1 - i];
    }
    return reversed;
  }
}
