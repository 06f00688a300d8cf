package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.LinearSystem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * UniPC with B(h) (Zhao et al., arXiv:2302.04867, algorithms 5 to 8), predicting the clean picture.
 *
 * @param course takes the run down
 * @param alphas signal at each point in time, with alpha^2 + sigma^2 = 1
 * @param calls makes the network call at a point with a sample of this scale
 */
record UniPc(Course course, double[] alphas, BiFunction<Expression, Integer, Call> calls) {

  /** In sigma, as ComfyUI: the last level of 0 becomes 0.001. */
  static Sampler ofSigmas(String variant) {
    return (course, given, options) -> {
      double[] sigmas = given.clone();
      int steps = sigmas.length - 1;
      sigmas[steps] = sigmas[steps] == 0 ? 0.001 : sigmas[steps];
      double[] alphas = new double[steps + 1];
      for (int i = 0; i <= steps; i++) {
        alphas[i] = 1 / Math.sqrt(sigmas[i] * sigmas[i] + 1);
      }
      UniPc solver = new UniPc(course, alphas, (x, i) -> {
        Call call = course.call(x.over(alphas[i]), sigmas[i]);
        return new Call(call.x().times(alphas[i]), call.denoised(), call.unconditional());
      });
      Expression start = course.start().times(alphas[0]);
      return solver.sample(start, Math.min(3, steps - 1), true, variant.equals("bh1")).over(alphas[steps]);
    };
  }

  private double lambda(int i) {
    return Math.log(alphas[i]) - 0.5 * Math.log(1 - alphas[i] * alphas[i]);
  }

  private double sigma(int i) {
    return Math.sqrt(1 - alphas[i] * alphas[i]);
  }

  /** @param first whether B(h) = h, else exp(h) - 1 */
  Expression sample(Expression start, int order, boolean lowerAtEnd, boolean first) {
    int steps = alphas.length - 1;
    Call call = calls.apply(start, 0);
    Expression x = call.x();
    if (order == 0) {
      return x;
    }
    List<Expression> predictions = new ArrayList<>(List.of(call.denoised())); // by point
    for (int i = 1; i <= steps; i++) {
      int used = i < order ? i : lowerAtEnd ? Math.min(order, steps + 1 - i) : order;
      double h = lambda(i) - lambda(i - 1);
      double growth = Math.expm1(-h);
      double b = first ? -h : growth;
      Expression newest = predictions.get(i - 1);
      List<Expression> differences = new ArrayList<>();
      double[] ratios = new double[used];
      for (int k = 1; k < used; k++) {
        ratios[k - 1] = (lambda(i - 1 - k) - lambda(i - 1)) / h;
        differences.add(predictions.get(i - 1 - k).minus(newest).over(ratios[k - 1]));
      }
      ratios[used - 1] = 1;
      Expression plain = x.times(sigma(i) / sigma(i - 1)).minus(newest.times(alphas[i] * growth));
      double[] forward = used == 2 ? new double[] {0.5} : weights(ratios, h, b, used - 1);
      Expression predicted = plain.minus(sum(differences, forward).times(alphas[i] * b));
      if (i == steps) {
        return predicted;
      }
      call = calls.apply(predicted, i);
      predictions.add(call.denoised());
      double[] back = used == 1 ? new double[] {0.5} : weights(ratios, h, b, used);
      Expression corrected = sum(differences, back).plus(call.denoised().minus(newest).times(back[used - 1]));
      x = course.keep(plain.minus(corrected.times(alphas[i] * b)));
    }
    return x;
  }

  private static Expression sum(List<Expression> differences, double[] weights) {
    Expression sum = Expression.ZERO;
    for (int k = 0; k < differences.size(); k++) {
      sum = sum.plus(differences.get(k).times(weights[k]));
    }
    return sum;
  }

  /** The first {@code count} equations: sum of ratio^k * weight = phi_(k+2)(h) (k + 1)! / B. */
  private static double[] weights(double[] ratios, double h, double b, int count) {
    double[][] powers = new double[count][count];
    double[] right = new double[count];
    double phi = Math.expm1(-h) / -h - 1;
    double factorial = 1;
    for (int k = 0; k < count; k++) {
      for (int j = 0; j < count; j++) {
        powers[k][j] = Math.pow(ratios[j], k);
      }
      right[k] = phi * factorial / b;
      factorial *= k + 2;
      phi = phi / -h - 1 / factorial;
    }
    return LinearSystem.solve(powers, right);
  }
}
