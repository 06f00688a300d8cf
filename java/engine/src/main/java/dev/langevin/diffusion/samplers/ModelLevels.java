package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.PredictionType;

/** The noise levels of a network: which it was trained on, and how a call at one of them is made. Immutable. */
public interface ModelLevels {

  /**
   * Stable Diffusion's, by betas whose roots are evenly spaced over {@code steps} timesteps.
   *
   * @param between whether the network may be told times between two timesteps, as A1111 does, or the nearest, as
   *   ComfyUI does
   * @param zeroSnr whether the last timestep is nearly pure noise (Lin et al., arXiv:2305.08891, algorithm 1)
   */
  static ModelLevels scaledLinear(double start, double end, int steps, PredictionType prediction, boolean between,
      boolean zeroSnr) {
    double[] alphaBars = AlphaBars.scaledLinear(start, end, steps);
    double[] used = zeroSnr ? DiscreteLevels.rescaled(alphaBars) : alphaBars;
    return between ? DiscreteLevels.between(used, prediction) : DiscreteLevels.nearest(used, prediction);
  }

  /** SD3's flow: {@code shift * t / (1 + (shift - 1) * t)}; the network is told {@code multiplier * sigma}. */
  static ModelLevels flow(double shift, double multiplier) {
    return FlowLevels.ofShift(shift, multiplier);
  }

  /** FLUX.1's flow, shifted by {@code exp(mu)}. */
  static ModelLevels flowOfMu(double mu) {
    return FlowLevels.ofMu(mu);
  }

  /** EDM's (Karras et al., arXiv:2206.00364). */
  static ModelLevels edm(double min, double max, double data) {
    return new EdmLevels(min, max, data);
  }

  /** Those of training, ascending, as float32. */
  float[] sigmas();

  /** The time that stands for a noise level. */
  double timestep(double sigma);

  /** The noise level of a time. */
  double sigma(double timestep);

  /** A network call with a sample of this noise level. */
  Level level(double sigma);

  /** The noise level after a share of the time, in [0, 1], from pure noise on. */
  double atShare(double share);

  /** Whether a noised picture is {@code (1 - sigma) * x0 + sigma * noise}, and not {@code x0 + sigma * noise}. */
  boolean flow();

  /** The lowest noise level of training. */
  default double sigmaMin() {
    return sigmas()[0];
  }

  /** The highest noise level of training. */
  default double sigmaMax() {
    return sigmas()[sigmas().length - 1];
  }

  /** lambda = log(alpha / sigma) of a noised picture {@code alpha * x0 + sigma * noise}. */
  default double halfLogSnr(double sigma) {
    return flow() ? Math.log((1 - sigma) / sigma) : -Math.log(sigma);
  }

  /** The inverse of {@link #halfLogSnr}. */
  default double sigmaOfHalfLogSnr(double lambda) {
    return flow() ? 1 / (1 + Math.exp(lambda)) : Math.exp(-lambda);
  }

  /** Levels whose first has a half log SNR: a flow's 1 is a little below. */
  default double[] withoutPureNoise(double[] sigmas) {
    double[] changed = sigmas.clone();
    if (flow() && sigmas.length > 1 && sigmas[0] >= 1) {
      changed[0] = (float) atShare(1e-4);
    }
    return changed;
  }
}
