package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.LinearSystem;
import java.util.ArrayList;
import java.util.List;

/** Stochastic Adams method, predictor and corrector (Xue et al., arXiv:2309.05019, equations 15 and 18). */
final class SaSolver implements Sampler {

  private final boolean evaluatesTwice;

  /** @param evaluatesTwice whether the corrected sample is shown to the network again */
  SaSolver(boolean evaluatesTwice) {
    this.evaluatesTwice = evaluatesTwice;
  }

  @Override
  public Expression sample(Course course, double[] given, SamplerOptions options) {
    int predictor = options.integer("predictor_order", 3, 1, 6);
    int corrector = options.integer("corrector_order", 4, 0, 6);
    boolean simple = options.flag("simple_order_2", false);
    double scale = options.number("s_noise", 1);
    double eta = options.number("eta", 1);
    ModelLevels levels = course.levels();
    double[] sigmas = levels.withoutPureNoise(given);
    int steps = sigmas.length - 1;
    double[] lambdas = new double[steps + 1];
    for (int i = 0; i <= steps; i++) {
      lambdas[i] = levels.halfLogSnr(sigmas[i]);
    }
    double start = levels.atShare(0.2);
    double end = levels.atShare(0.8);
    boolean lower = sigmas[steps] == 0;
    Expression x = course.start();
    Expression predicted = x;
    Expression noise = null;
    double tau = 0;
    List<Expression> predictions = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      Call call = course.call(predicted, sigmas[i]);
      predicted = call.x();
      Expression denoised = call.denoised();
      predictions.add(denoised);
      int known = Math.min(predictions.size(), Math.max(predictor, corrector));
      int forward = Math.min(predictor, known);
      int back = i == 0 || sigmas[i + 1] == 0 && !evaluatesTwice ? 0 : Math.min(corrector, known);
      if (lower) {
        forward = Math.min(forward, steps - 1 - i);
        back = Math.min(back, steps - i);
      }
      if (back == 0) {
        x = predicted;
      } else {
        double[] weights = weights(sigmas[i], lambdas, i - back + 1, i + 1, i - 1, i, tau, simple, true);
        x = x.times(sigmas[i] / sigmas[i - 1] * Math.exp(-tau * tau * (lambdas[i] - lambdas[i - 1])))
            .plus(sum(predictions, weights));
        x = course.keep(tau > 0 && scale > 0 ? x.plus(noise) : x);
        if (evaluatesTwice) {
          Call again = course.call(x, sigmas[i]);
          x = again.x();
          denoised = again.denoised();
          predictions.set(i, denoised);
        }
      }
      if (sigmas[i + 1] == 0) {
        return denoised;
      }
      tau = eta > 0 && start >= sigmas[i + 1] && sigmas[i + 1] >= end ? eta : 0;
      double h = lambdas[i + 1] - lambdas[i];
      double[] weights = weights(sigmas[i + 1], lambdas, i - forward + 1, i + 1, i, i + 1, tau, simple, false);
      predicted = x.times(sigmas[i + 1] / sigmas[i] * Math.exp(-tau * tau * h)).plus(sum(predictions, weights));
      if (tau > 0 && scale > 0) {
        noise = course.noise().times(sigmas[i + 1] * Math.sqrt(-Math.expm1(-2 * tau * tau * h)) * scale);
        predicted = predicted.plus(noise);
      }
    }
    return x;
  }

  private static Expression sum(List<Expression> predictions, double[] weights) {
    Expression sum = Expression.ZERO;
    for (int k = 0; k < weights.length; k++) {
      sum = sum.plus(predictions.get(predictions.size() - weights.length + k).times(weights[k]));
    }
    return sum;
  }

  /** Weights of the predictions at {@code lambdas[first .. after)} for the step from s to t. */
  private static double[] weights(double sigma, double[] lambdas, int first, int after, int s, int t, double tau,
      boolean simple, boolean correcting) {
    int order = after - first;
    double both = 1 + tau * tau;
    double h = lambdas[t] - lambdas[s];
    double alpha = sigma * Math.exp(lambdas[t]);
    if (simple && order == 2) {
      double whole = -Math.expm1(-h * both);
      double other = correcting ? both * h / 2 : both * h * h / 2 / (lambdas[first] - lambdas[s]);
      return correcting ? new double[] {alpha * (whole - other), alpha * other}
          : new double[] {alpha * other, alpha * (whole - other)};
    }
    // Lagrange's basis times the exponential, integrated; lambda is counted from t, as the result does not depend on it
    double[] moments = new double[order];
    double decay = Math.exp(-both * h);
    for (int p = 0; p < order; p++) {
      moments[p] = (p == 0 ? 1 : 0) - Math.pow(-h, p) * decay - (p == 0 ? 0 : p / both * moments[p - 1]);
    }
    double[][] powers = new double[order][order];
    for (int p = 0; p < order; p++) {
      for (int k = 0; k < order; k++) {
        powers[p][k] = Math.pow(lambdas[first + k] - lambdas[t], p);
      }
    }
    double[] weights = LinearSystem.solve(powers, moments);
    for (int k = 0; k < order; k++) {
      weights[k] *= alpha;
    }
    return weights;
  }
}
