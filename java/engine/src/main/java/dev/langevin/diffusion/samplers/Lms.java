package dev.langevin.diffusion.samplers;

import java.util.ArrayList;
import java.util.List;

/** Linear multistep: past directions are interpolated by a polynomial, which is integrated over the step. */
final class Lms implements Sampler {

  private final boolean endsClean;

  /** @param endsClean whether the last step takes the clean picture as it is, as ComfyUI does */
  Lms(boolean endsClean) {
    this.endsClean = endsClean;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    int most = options.integer("order", 4, 1, 8);
    Expression x = course.start();
    List<Expression> directions = new ArrayList<>(); // the newest first
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      directions.addFirst(course.keep(call.direction(sigmas[i])));
      x = call.x();
      if (endsClean && sigmas[i + 1] == 0) {
        x = call.denoised();
        continue;
      }
      int order = Math.min(i + 1, most);
      for (int j = 0; j < order; j++) {
        x = x.plus(directions.get(j).times(weight(sigmas, i, order, j)));
      }
    }
    return x;
  }

  /** Integral over the step of the j-th Lagrange polynomial; exact for up to 8 points. */
  private static double weight(double[] t, int i, int order, int j) {
    double half = (t[i + 1] - t[i]) / 2;
    double sum = 0;
    for (int node = 0; node < NODES.length; node++) {
      double tau = t[i] + half * (1 + NODES[node]);
      double product = 1;
      for (int k = 0; k < order; k++) {
        product *= k == j ? 1 : (tau - t[i - k]) / (t[i - j] - t[i - k]);
      }
      sum += WEIGHTS[node] * product;
    }
    return half * sum;
  }

  /** Gauss and Legendre's quadrature of four nodes (Abramowitz and Stegun, table 25.4). */
  private static final double[] NODES =
      {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526};
  private static final double[] WEIGHTS =
      {0.3478548451374538, 0.6521451548625461, 0.6521451548625461, 0.3478548451374538};
}
