package dev.langevin.diffusion.samplers;

import java.util.ArrayList;
import java.util.List;

/**
 * Exponential integrator over past directions (Zhang and Chen, arXiv:2204.13902, equation 15), with sigma taken over to
 * the time of a continuous variance-preserving process.
 */
final class Deis implements Sampler {

  /** Points of the numerical integration, as ComfyUI has it. */
  private static final int POINTS = 10_000;

  /** The process's: levels from 0.002 to 80 over times from 0.001 to 1. */
  private static final double LEAST = Math.log(0.002 * 0.002 + 1);
  private static final double MOST = Math.log(80.0 * 80.0 + 1);
  private static final double BETA_D = 2 * (LEAST / 1e-3 - MOST) / (1e-3 - 1);
  private static final double BETA_MIN = MOST - 0.5 * BETA_D;

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    int most = options.integer("max_order", 3, 1, 4);
    Expression x = course.start();
    List<Expression> directions = new ArrayList<>(); // the newest first
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      directions.addFirst(course.keep(call.direction(sigmas[i])));
      int order = sigmas[i + 1] <= 0 ? 1 : Math.min(most, i + 1);
      x = call.x();
      double[] weights = order == 1 ? new double[] {sigmas[i + 1] - sigmas[i]} : weights(sigmas, i, order);
      for (int j = 0; j < order; j++) {
        x = x.plus(directions.get(j).times(weights[j]));
      }
    }
    return x;
  }

  private static double time(double sigma) {
    return (Math.sqrt(BETA_MIN * BETA_MIN + 2 * BETA_D * Math.log1p(sigma * sigma)) - BETA_MIN) / BETA_D;
  }

  private static double[] weights(double[] sigmas, int i, int order) {
    double from = time(sigmas[i]);
    double to = time(sigmas[i + 1]);
    double[] past = new double[order];
    for (int k = 0; k < order; k++) {
      past[k] = time(sigmas[i - k]);
    }
    double[] weights = new double[order];
    for (int point = 0; point < POINTS; point++) {
      double tau = from + point * (to - from) / (POINTS - 1);
      double slope = BETA_D * tau + BETA_MIN; // of -log alphaBar
      double logAlphaBar = -0.5 * BETA_D * tau * tau - BETA_MIN * tau;
      double integrand = 0.5 * slope / Math.sqrt(Math.exp(logAlphaBar) * -Math.expm1(logAlphaBar));
      for (int j = 0; j < order; j++) {
        double polynomial = 1;
        for (int k = 0; k < order; k++) {
          polynomial *= k == j ? 1 : (tau - past[k]) / (past[j] - past[k]);
        }
        weights[j] += integrand * polynomial * (to - from) / POINTS;
      }
    }
    return weights;
  }
}
