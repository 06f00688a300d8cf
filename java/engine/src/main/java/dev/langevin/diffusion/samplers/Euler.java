package dev.langevin.diffusion.samplers;

/** Euler's method (arXiv:2206.00364, algorithm 2 without its correction). */
final class Euler implements Sampler {

  private final boolean alwaysDraws;

  /** @param alwaysDraws whether noise is drawn without churn too, as k-diffusion does */
  Euler(boolean alwaysDraws) {
    this.alwaysDraws = alwaysDraws;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Churned churned = Churned.of(course, x, sigmas[i], sigmas.length - 1, options, alwaysDraws);
      Call call = course.call(churned.x(), churned.sigma());
      x = call.x().plus(call.direction(churned.sigma()).times(sigmas[i + 1] - churned.sigma()));
    }
    return x;
  }
}
