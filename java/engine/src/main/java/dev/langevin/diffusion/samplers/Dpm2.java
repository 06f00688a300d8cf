package dev.langevin.diffusion.samplers;

/** DPM-Solver-2 (Lu et al., arXiv:2206.00927, algorithm 1) between levels, with churn. */
final class Dpm2 implements Sampler {

  private final boolean alwaysDraws;

  /** @param alwaysDraws whether noise is drawn without churn too, as k-diffusion does */
  Dpm2(boolean alwaysDraws) {
    this.alwaysDraws = alwaysDraws;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Churned churned = Churned.of(course, x, sigmas[i], sigmas.length - 1, options, alwaysDraws);
      x = step(course, course.call(churned.x(), churned.sigma()), churned.sigma(), sigmas[i + 1]);
    }
    return x;
  }

  /** From a first call on, by a second in the middle of log sigma; Euler's step where it ends at 0. */
  static Expression step(Course course, Call first, double from, double to) {
    Expression d = first.direction(from);
    if (to == 0) {
      return first.x().plus(d.times(-from));
    }
    double middle = Math.sqrt(from * to);
    Call second = course.call(first.x().plus(d.times(middle - from)), middle);
    return first.x().plus(second.direction(middle).times(to - from));
  }
}
