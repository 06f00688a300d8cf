package dev.langevin.diffusion.samplers;

/** DPM-Solver++(3M) as a stochastic equation. */
final class DpmPlusPlus3mSde implements Sampler {

  @Override
  public Expression sample(Course course, double[] given, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    ModelLevels levels = course.levels();
    double[] sigmas = levels.withoutPureNoise(given);
    Expression x = course.start();
    Expression old1 = null;
    Expression old2 = null;
    double h1 = 0;
    double h2 = 0;
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
      double phi2 = Math.expm1(-both) / both + 1;
      x = SdeStep.first(call, sigmas[i], sigmas[i + 1], h, eta, alpha);
      if (old2 != null) {
        double r0 = h1 / h;
        double r1 = h2 / h;
        Expression d10 = call.denoised().minus(old1).over(r0);
        Expression d2 = d10.minus(old1.minus(old2).over(r1)).over(r0 + r1);
        double phi3 = phi2 / both - 0.5;
        x = x.plus(d10.plus(d2.times(r0)).times(alpha * phi2)).minus(d2.times(alpha * phi3));
      } else if (old1 != null) {
        x = x.plus(call.denoised().minus(old1).times(h / h1 * alpha * phi2));
      }
      x = SdeStep.noisy(course, x, sigmas[i + 1], h, eta, scale);
      old2 = old1;
      old1 = call.denoised();
      h2 = h1;
      h1 = h;
    }
    return x;
  }
}
