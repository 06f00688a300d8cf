package dev.langevin.diffusion.samplers;

import java.util.ArrayList;
import java.util.List;

/** Adams and Bashforth's method of up to four steps over directions (Zhang and Chen, arXiv:2204.13902). */
final class Ipndm implements Sampler {

  private static final double[][] WEIGHTS =
      {{1}, {3 / 2.0, -1 / 2.0}, {23 / 12.0, -16 / 12.0, 5 / 12.0}, {55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0}};

  private final boolean variable;

  /** @param variable whether the weights follow the steps' lengths */
  Ipndm(boolean variable) {
    this.variable = variable;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    int most = options.integer("max_order", 4, 1, 4);
    Expression x = course.start();
    List<Expression> directions = new ArrayList<>(); // the newest first
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      directions.addFirst(course.keep(call.direction(sigmas[i])));
      if (sigmas[i + 1] == 0) {
        x = call.denoised();
        continue;
      }
      int order = Math.min(most, i + 1);
      double[] weights = variable ? weights(sigmas, i, order) : WEIGHTS[order - 1];
      x = call.x();
      for (int j = 0; j < order; j++) {
        x = x.plus(directions.get(j).times((sigmas[i + 1] - sigmas[i]) * weights[j]));
      }
    }
    return x;
  }

  /** By divided differences. */
  private static double[] weights(double[] t, int i, int order) {
    double[] weights = {1, 0, 0, 0};
    if (order == 1) {
      return weights;
    }
    double h = t[i + 1] - t[i];
    double h1 = t[i] - t[i - 1];
    weights[0] += h / h1 / 2;
    weights[1] -= h / h1 / 2;
    if (order == 2) {
      return weights;
    }
    double h2 = t[i - 1] - t[i - 2];
    double third = (1 - h / (3 * (h + h1)) * (h * (h + h1)) / (h1 * (h1 + h2))) / 2;
    weights[0] += third;
    weights[1] -= (1 + h1 / h2) * third;
    weights[2] += third * h1 / h2;
    if (order == 3) {
      return weights;
    }
    double h3 = t[i - 2] - t[i - 3];
    double fourth = ((1 - h / (3 * (h + h1))) / 2 + (1 - h / (2 * (h + h1))) * h / (6 * (h + h1 + h2)))
        * (h * (h + h1) * (h + h1 + h2)) / (h1 * (h1 + h2) * (h1 + h2 + h3));
    double ratio = h1 * (h1 + h2) / (h2 * (h2 + h3));
    weights[0] += fourth;
    weights[1] -= (1 + h1 / h2 + ratio) * fourth;
    weights[2] += (h1 / h2 + ratio * (1 + h2 / h3)) * fourth;
    weights[3] -= fourth * ratio * h1 / h2;
    return weights;
  }
}
