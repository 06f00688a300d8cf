package dev.langevin.diffusion.samplers;

/** DPM-Solver++(2M) as a stochastic equation. */
final class DpmPlusPlus2mSde implements Sampler {

  private final String usualType;

  /** @param usualType {@code midpoint} or {@code heun}, where the option {@code solver_type} does not say */
  DpmPlusPlus2mSde(String usualType) {
    this.usualType = usualType;
  }

  @Override
  public Expression sample(Course course, double[] given, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    boolean heun = options.word("solver_type", usualType, "midpoint", "heun").equals("heun");
    ModelLevels levels = course.levels();
    double[] sigmas = levels.withoutPureNoise(given);
    Expression x = course.start();
    Expression old = null;
    double lastH = 0;
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      if (sigmas[i + 1] == 0) {
        x = call.denoised();
        continue;
      }
      double to = levels.halfLogSnr(sigmas[i + 1]);
      double h = to - levels.halfLogSnr(sigmas[i]);
      double both = h * (eta + 1);
      double alpha = sigmas[i + 1] * Math.exp(to);
      x = SdeStep.first(call, sigmas[i], sigmas[i + 1], h, eta, alpha);
      if (old != null) {
        double weight = heun ? Math.expm1(-both) / both + 1 : -Math.expm1(-both) / 2;
        x = x.plus(call.denoised().minus(old).times(alpha * weight * h / lastH));
      }
      x = SdeStep.noisy(course, x, sigmas[i + 1], h, eta, scale);
      old = call.denoised();
      lastH = h;
    }
    return x;
  }
}
