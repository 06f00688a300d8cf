package dev.langevin.diffusion.samplers;

/** Heun's method (arXiv:2206.00364, algorithm 2). */
final class Heun implements Sampler {

  private final boolean alwaysDraws;

  /** @param alwaysDraws whether noise is drawn without churn too, as k-diffusion does */
  Heun(boolean alwaysDraws) {
    this.alwaysDraws = alwaysDraws;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Churned churned = Churned.of(course, x, sigmas[i], sigmas.length - 1, options, alwaysDraws);
      x = step(course, churned.x(), churned.sigma(), sigmas[i + 1]);
    }
    return x;
  }

  /** One step; Euler's where it ends at 0. */
  static Expression step(Course course, Expression x, double from, double to) {
    Call first = course.call(x, from);
    Expression d = first.direction(from);
    if (to == 0) {
      return first.x().plus(d.times(to - from));
    }
    Call second = course.call(first.x().plus(d.times(to - from)), to);
    return first.x().plus(d.plus(second.direction(to)).times((to - from) / 2));
  }
}
