package dev.langevin.diffusion.samplers;

/**
 * Stochastic exponential integrators of two or three stages (Gonzalez et al., arXiv:2305.14267), whose stages see one
 * path of noise.
 */
final class Seeds implements Sampler {

  private final int stages;

  /** @param stages 2 or 3 */
  Seeds(int stages) {
    this.stages = stages;
  }

  @Override
  public Expression sample(Course course, double[] given, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    double[] r = stages == 2 ? new double[] {options.number("r", 0.5), 1}
        : new double[] {options.number("r_1", 1 / 3.0), options.number("r_2", 2 / 3.0), 1};
    ModelLevels levels = course.levels();
    double[] sigmas = levels.withoutPureNoise(given);
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call first = course.call(x, sigmas[i]);
      x = first.denoised();
      if (sigmas[i + 1] == 0) {
        continue;
      }
      double from = levels.halfLogSnr(sigmas[i]);
      double h = levels.halfLogSnr(sigmas[i + 1]) - from;
      Expression last = null; // the stage before's prediction
      Expression path = Expression.ZERO;
      for (int stage = 0; stage < stages; stage++) {
        double share = r[stage];
        boolean end = stage == stages - 1;
        double sigma = end ? sigmas[i + 1] : levels.sigmaOfHalfLogSnr(from + share * h);
        double alpha = sigma * Math.exp(from + share * h);
        double whole = Math.expm1(-share * h * (eta + 1));
        double bend = last == null ? 0 : bend(share, stage == 0 ? 1 : r[stage - 1], h * (eta + 1), whole);
        Expression prediction = first.denoised().times(whole - bend);
        prediction = last == null ? prediction : prediction.plus(last.times(bend));
        x = first.x().times(sigma / sigmas[i] * Math.exp(-share * h * eta)).minus(prediction.times(alpha));
        if (eta > 0 && scale > 0) {
          double segment = ((stage == 0 ? 0 : r[stage - 1]) - share) * h * eta;
          path = path.times(Math.exp(segment))
              .plus(course.noise().times(Math.sqrt(-Math.expm1(2 * segment))));
          x = x.plus(path.times(sigma * scale));
        }
        if (!end) {
          last = course.call(x, sigma).denoised();
        }
      }
    }
    return x;
  }

  /** Weight of the stage before: with two stages a share of the whole, with three by phi_2. */
  private double bend(double share, double before, double h, double whole) {
    return stages == 2 ? whole / (2 * before) : share / before * (whole + share * h) / (-share * h);
  }
}
