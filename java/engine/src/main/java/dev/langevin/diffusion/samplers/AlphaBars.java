package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.SchedulerConfig;

/** alphaBar of each timestep in double precision, as the UIs compute it. */
final class AlphaBars {

  private AlphaBars() {}

  /** Those of a model's configuration; of kinds of schedule that the UIs have not, diffusers' float32. */
  static double[] of(SchedulerConfig config, NoiseSchedule training) {
    String kind =
        config.choice("beta_schedule", "linear", "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", "exp",
            "laplace");
    double[] alphaBars;
    if (!config.has("trained_betas") && kind.equals("scaled_linear")) {
      alphaBars = scaledLinear(config.number("beta_start", 1e-4), config.number("beta_end", 0.02), training.steps());
    } else {
      alphaBars = new double[training.steps()];
      double product = 1;
      for (int t = 0; t < alphaBars.length; t++) {
        product *= 1 - training.beta(t);
        alphaBars[t] = product;
      }
      return alphaBars; // a zero terminal SNR is among the betas
    }
    return config.flag("rescale_betas_zero_snr") ? DiscreteLevels.rescaled(alphaBars) : alphaBars;
  }

  /** Betas whose roots are evenly spaced (Rombach et al., arXiv:2112.10752). */
  static double[] scaledLinear(double start, double end, int steps) {
    double[] alphaBars = new double[steps];
    double product = 1;
    for (int t = 0; t < steps; t++) {
      double root = Math.sqrt(start) + t * (Math.sqrt(end) - Math.sqrt(start)) / Math.max(1, steps - 1);
      product *= 1 - root * root;
      alphaBars[t] = product;
    }
    return alphaBars;
  }

  static double[] toFloat32(double[] values) {
    return Spacing.toFloat32(values);
  }
}
