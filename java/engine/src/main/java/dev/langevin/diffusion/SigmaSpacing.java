package dev.langevin.diffusion;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * Where a run places its noise levels between the largest and the smallest sigma, and how a sigma is told to the
 * network as a timestep. All lists of sigmas descend; all functions compute in double, as the float64 arrays of the
 * reference do.
 */
public enum SigmaSpacing {
  /** At the sigmas of the chosen timesteps. */
  TIMESTEPS("none"),
  /** Evenly in sigma^(1/7) (Karras et al., arXiv:2206.00364, equation 5). */
  KARRAS("use_karras_sigmas"),
  /** Evenly in log sigma. */
  EXPONENTIAL("use_exponential_sigmas"),
  /** At quantiles of the Beta(0.6, 0.6) distribution (Lee et al., arXiv:2407.12173). */
  BETA("use_beta_sigmas"),
  /** Evenly in lambda = -log sigma (Lu et al., arXiv:2206.00927, section 3.3). */
  LU_LAMBDAS("use_lu_lambdas"),
  /** Evenly in the time of a rectified flow, shifted; each sampler lays these out itself. */
  FLOW("use_flow_sigmas");

  /** rho of Karras et al., section D.1. */
  public static final double KARRAS_RHO = 7;

  /** Both shape parameters of the Beta distribution, arXiv:2407.12173, section 4. */
  private static final double BETA_SHAPE = 0.6;

  /** Taken in place of sigma 0, which has no logarithm. */
  private static final double SMALLEST = 1e-10;

  private final String key;

  SigmaSpacing(String key) {
    this.key = key;
  }

  /**
   * Reads which of the spacings' flags is set; {@link #TIMESTEPS} if none is.
   *
   * @param known the flags that the sampler has; others are not looked at
   * @throws IllegalArgumentException if two are set
   */
  public static SigmaSpacing of(SchedulerConfig config, SigmaSpacing... known) {
    SigmaSpacing chosen = TIMESTEPS;
    for (SigmaSpacing spacing : known) {
      if (config.flag(spacing.key)) {
        if (chosen != TIMESTEPS) {
          throw new IllegalArgumentException(
              config.owner() + ": " + chosen.key + " and " + spacing.key + " are both true; set one of them");
        }
        chosen = spacing;
      }
    }
    return chosen;
  }

  /** {@link #of} for the samplers that know {@link #KARRAS}, {@link #EXPONENTIAL} and {@link #BETA}. */
  public static SigmaSpacing of(SchedulerConfig config) {
    return of(config, KARRAS, EXPONENTIAL, BETA);
  }

  /** The configuration key that chooses this spacing, for error texts. */
  public String key() {
    return key;
  }

  /**
   * The sigmas of a run from {@code sigmaMax} down to {@code sigmaMin}; not for {@link #TIMESTEPS} and {@link #FLOW}.
   */
  public double[] between(double sigmaMax, double sigmaMin, int steps) {
    return switch (this) {
      case KARRAS -> karras(sigmaMax, sigmaMin, KARRAS_RHO, TimestepSpacing.linspace(0, 1, steps));
      case EXPONENTIAL -> exponential(sigmaMax, sigmaMin, steps);
      case LU_LAMBDAS -> luLambdas(sigmaMax, sigmaMin, steps);
      case BETA -> beta(sigmaMax, sigmaMin, steps);
      case TIMESTEPS, FLOW -> throw new IllegalStateException(this + " sigmas do not follow from their ends");
    };
  }

  /** {@code (sigmaMax^(1/rho) + ramp * (sigmaMin^(1/rho) - sigmaMax^(1/rho)))^rho} for each entry of the ramp. */
  public static double[] karras(double sigmaMax, double sigmaMin, double rho, double[] ramp) {
    double minRoot = Math.pow(sigmaMin, 1 / rho);
    double maxRoot = Math.pow(sigmaMax, 1 / rho);
    return Arrays.stream(ramp).map(r -> Math.pow(maxRoot + r * (minRoot - maxRoot), rho)).toArray();
  }

  /** {@code exp(linspace(log sigmaMax, log sigmaMin))}. */
  public static double[] exponential(double sigmaMax, double sigmaMin, int steps) {
    double[] logs = TimestepSpacing.linspace(Math.log(sigmaMax), Math.log(sigmaMin), steps);
    return Arrays.stream(logs).map(Math::exp).toArray();
  }

  /** As {@link #exponential}, but with the float32 logarithms that the reference takes of its float32 table. */
  private static double[] luLambdas(double sigmaMax, double sigmaMin, int steps) {
    double max = (float) Math.log(sigmaMax);
    double min = (float) Math.log(sigmaMin);
    double[] ramp = TimestepSpacing.linspace(0, 1, steps);
    return Arrays.stream(ramp).map(r -> Math.exp(max + r * (min - max))).toArray();
  }

  private static double[] beta(double sigmaMax, double sigmaMin, int steps) {
    double[] ramp = TimestepSpacing.linspace(0, 1, steps);
    return Arrays.stream(ramp)
        .map(r -> sigmaMin + BetaDistribution.quantile(1 - r, BETA_SHAPE, BETA_SHAPE) * (sigmaMax - sigmaMin))
        .toArray();
  }

  /**
   * The ends of a run: what the configuration says, else the given ones.
   *
   * @return {@code {sigmaMax, sigmaMin}}
   */
  public static double[] ends(SchedulerConfig config, double sigmaMax, double sigmaMin) {
    OptionalDouble max = config.optionalNumber("sigma_max");
    OptionalDouble min = config.optionalNumber("sigma_min");
    return new double[] {max.orElse(sigmaMax), min.orElse(sigmaMin)};
  }

  /** Linear interpolation of a table at (fractional) indices, constant beyond its ends. */
  public static double[] interpolate(double[] indices, float[] table) {
    double[] values = new double[indices.length];
    for (int i = 0; i < values.length; i++) {
      double x = indices[i];
      int low = (int) Math.floor(x);
      if (x < 0) {
        values[i] = table[0];
      } else if (low >= table.length - 1) {
        values[i] = table[table.length - 1];
      } else {
        values[i] = ((double) table[low + 1] - table[low]) * (x - low) + table[low];
      }
    }
    return values;
  }

  /** Float32 natural logarithms of an ascending table of sigmas, for {@link #timestep}. */
  public static float[] logarithms(float[] sigmas) {
    float[] logs = new float[sigmas.length];
    for (int t = 0; t < logs.length; t++) {
      logs[t] = (float) Math.log(sigmas[t]);
    }
    return logs;
  }

  /**
   * The fractional training timestep whose noise level is {@code sigma}: linear interpolation in log sigma, limited to
   * the table's ends.
   */
  public static double timestep(double sigma, float[] logSigmas) {
    return timestepOfLog(Math.log(Math.max(sigma, SMALLEST)), logSigmas);
  }

  /** {@link #timestep} with the logarithm rounded to float32, where the reference has its sigmas in float32. */
  public static double timestepOfFloat32(double sigma, float[] logSigmas) {
    return timestepOfLog((float) Math.log(Math.max((float) sigma, SMALLEST)), logSigmas);
  }

  private static double timestepOfLog(double log, float[] logSigmas) {
    if (logSigmas.length == 1) {
      return 0;
    }
    int low = 0;
    for (int t = 0; t < logSigmas.length; t++) {
      if (log >= logSigmas[t]) {
        low = t;
      }
    }
    low = Math.min(low, logSigmas.length - 2);
    float below = logSigmas[low];
    float above = logSigmas[low + 1];
    double weight = Math.clamp((below - log) / (below - above), 0.0, 1.0);
    return (1 - weight) * low + weight * (low + 1);
  }

  /** {@link #timestep} of each sigma. */
  public static double[] timesteps(double[] sigmas, float[] logSigmas) {
    return Arrays.stream(sigmas).map(sigma -> timestep(sigma, logSigmas)).toArray();
  }

  /** {@code sigmas} with {@code last} appended, all rounded to float32. */
  public static double[] ending(double[] sigmas, double last) {
    double[] all = Arrays.copyOf(sigmas, sigmas.length + 1);
    all[sigmas.length] = last;
    return toFloat32(all);
  }

  /** Each value rounded to float32. */
  public static double[] toFloat32(double[] values) {
    return Arrays.stream(values).map(value -> (float) value).toArray();
  }
}
