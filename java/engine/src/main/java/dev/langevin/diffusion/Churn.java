package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;

/**
 * Fresh noise before a step, which raises the level from sigma to sigmaHat (Karras et al., arXiv:2206.00364, algorithm
 * 2).
 *
 * @param gamma by what share the level is raised
 */
record Churn(double sigma, double gamma, double scale) {

  /** The step options it is read from. */
  static final String[] OPTIONS = {"s_churn", "s_tmin", "s_tmax", "s_noise"};

  /** @param steps of the run, among which {@code s_churn} is shared out */
  static Churn of(SchedulerConfig step, double sigma, int steps) {
    boolean within = step.number("s_tmin", 0) <= sigma && sigma <= step.number("s_tmax", Double.POSITIVE_INFINITY);
    double gamma = within ? Math.min(step.number("s_churn", 0) / steps, Math.sqrt(2) - 1) : 0;
    return new Churn(sigma, gamma, step.number("s_noise", 1));
  }

  boolean drawsNoise() {
    return gamma > 0;
  }

  double sigmaHat() {
    return sigma * (gamma + 1);
  }

  /** The raised sample. */
  LinearCombination sample() {
    return drawsNoise() ? X.plus(NOISE.times(scale * Math.sqrt(sigmaHat() * sigmaHat() - sigma * sigma))) : X;
  }
}
