package dev.langevin.diffusion.samplers;

/** DPM-Solver-fast (Lu et al., arXiv:2206.00927, appendix D.2): a number of calls in steps of order three. */
final class DpmFast implements Sampler {

  /** In log sigma, from the first level to the last above 0; their number less one is that of the calls. */
  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    int last = sigmas.length - 1;
    return sample(course, sigmas[0], sigmas[last] > 0 ? sigmas[last] : sigmas[last - 1], last, options);
  }

  static Expression sample(Course course, double max, double min, int calls, SamplerOptions options) {
    double eta = options.number("eta", 0);
    double scale = options.number("s_noise", 1);
    double from = -Math.log(max);
    double to = -Math.log(min);
    int steps = calls / 3 + 1;
    Expression x = course.start();
    for (int i = 0; i < steps; i++) {
      int order = calls % 3 != 0 ? i == steps - 1 ? calls % 3 : 3 : i < steps - 2 ? 3 : i == steps - 2 ? 2 : 1;
      double t = from + i * (to - from) / steps;
      double next = from + (i + 1) * (to - from) / steps;
      double down = next;
      double up = 0;
      if (eta != 0) {
        down = Math.min(to, -Math.log(Ancestral.of(Math.exp(-t), Math.exp(-next), eta).down()));
        up = Math.sqrt(Math.max(0, Math.exp(-2 * next) - Math.exp(-2 * down)));
      }
      x = new DpmSolverStep(course, x, t, down, order).high(order);
      x = x.plus(course.noise().times(up * scale));
    }
    return x;
  }
}
