package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.PredictionType;
import dev.langevin.diffusion.Trajectory.NoiseLevel;

/**
 * A network of Stable Diffusion's kind: trained on whole timesteps t with sigma_t = sqrt((1 - alphaBar_t) /
 * alphaBar_t), shown {@code x / sqrt(sigma^2 + 1)}. Immutable.
 */
final class DiscreteLevels implements ModelLevels {

  /** In the place of a last alphaBar of 0, as both web UIs have it. */
  private static final double LAST_ALPHA_BAR = 4.8973451890853435e-08;

  private final float[] sigmas;
  private final float[] logs;
  private final PredictionType prediction;
  private final boolean nearest;

  /** @param nearest whether the network is told the nearest whole timestep; else one between two */
  private DiscreteLevels(float[] sigmas, PredictionType prediction, boolean nearest) {
    this.sigmas = sigmas;
    this.logs = new float[sigmas.length];
    for (int t = 0; t < logs.length; t++) {
      logs[t] = (float) Math.log(sigmas[t]);
    }
    this.prediction = prediction;
    this.nearest = nearest;
  }

  /** As ComfyUI: sigmas are computed in double precision. */
  static DiscreteLevels nearest(double[] alphaBars, PredictionType prediction) {
    float[] sigmas = new float[alphaBars.length];
    for (int t = 0; t < sigmas.length; t++) {
      sigmas[t] = (float) Math.sqrt((1 - alphaBars[t]) / alphaBars[t]);
    }
    return new DiscreteLevels(sigmas, prediction, true);
  }

  /** As A1111: alphaBars are rounded to float32 first. */
  static DiscreteLevels between(double[] alphaBars, PredictionType prediction) {
    float[] sigmas = new float[alphaBars.length];
    for (int t = 0; t < sigmas.length; t++) {
      float alphaBar = (float) alphaBars[t];
      sigmas[t] = (float) Math.sqrt((1 - alphaBar) / alphaBar);
    }
    return new DiscreteLevels(sigmas, prediction, false);
  }

  /** alphaBars whose last is nearly 0 (Lin et al., arXiv:2305.08891, algorithm 1). */
  static double[] rescaled(double[] alphaBars) {
    int last = alphaBars.length - 1;
    double first = Math.sqrt(alphaBars[0]);
    double end = Math.sqrt(alphaBars[last]);
    double[] rescaled = new double[alphaBars.length];
    for (int t = 0; t < last; t++) {
      double root = (Math.sqrt(alphaBars[t]) - end) * first / (first - end);
      rescaled[t] = root * root;
    }
    rescaled[last] = LAST_ALPHA_BAR;
    return rescaled;
  }

  @Override
  public float[] sigmas() {
    return sigmas;
  }

  @Override
  public double timestep(double sigma) {
    float log = (float) Math.log(sigma);
    if (nearest) {
      int best = 0;
      for (int t = 1; t < logs.length; t++) {
        best = Math.abs(log - logs[t]) < Math.abs(log - logs[best]) ? t : best;
      }
      return best;
    }
    int low = 0;
    while (low < logs.length - 2 && logs[low + 1] <= log) {
      low++;
    }
    double share = Math.clamp((log - (double) logs[low]) / ((double) logs[low + 1] - logs[low]), 0, 1);
    return (float) (low + share);
  }

  @Override
  public double sigma(double timestep) {
    double t = Math.clamp(timestep, 0, sigmas.length - 1);
    int low = (int) Math.floor(t);
    int high = (int) Math.ceil(t);
    return (float) Math.exp((1 - (t - low)) * logs[low] + (t - low) * logs[high]);
  }

  @Override
  public Level level(double sigma) {
    double scale = 1 / Math.sqrt(sigma * sigma + 1);
    double signal = switch (prediction) {
      case EPSILON -> 1;
      case V -> scale * scale;
      case SAMPLE -> 0;
      default -> throw new IllegalArgumentException("prediction_type " + prediction + " has no noise levels sigma");
    };
    double answer = switch (prediction) {
      case EPSILON -> -sigma;
      case V -> -sigma * scale;
      default -> 1;
    };
    return new Level(timestep(sigma), scale, signal, answer, new NoiseLevel(1, sigma));
  }

  @Override
  public double atShare(double share) {
    return share <= 0 ? 999999999.9 : share >= 1 ? 0 : sigma((float) ((1 - share) * 999));
  }

  @Override
  public boolean flow() {
    return false;
  }
}
