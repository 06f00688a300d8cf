package dev.langevin.diffusion.samplers;

/** DPM-Solver++(2S) as a stochastic equation, with fresh noise in the middle of the step and at its end. */
final class DpmPlusPlusSde implements Sampler {

  @Override
  public Expression sample(Course course, double[] given, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    double r = options.number("r", 0.5);
    ModelLevels levels = course.levels();
    double[] sigmas = levels.withoutPureNoise(given);
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call first = course.call(x, sigmas[i]);
      if (sigmas[i + 1] == 0) {
        x = first.denoised();
        continue;
      }
      float from = logSnr(levels, sigmas[i]);
      float to = logSnr(levels, sigmas[i + 1]);
      float middle = from + (float) r * (to - from);
      double sigma = levels.sigmaOfHalfLogSnr(middle);
      double alpha = sigmas[i] * Math.exp(from);
      Expression half = step(course, first.x(), first.denoised(), alpha, from, sigma * Math.exp(middle), middle, eta,
          scale);
      Call second = course.call(half, sigma);
      x = step(course, first.x(), first.denoised().towards(second.denoised(), 1 / (2 * r)), alpha, from,
          sigmas[i + 1] * Math.exp(to), to, eta, scale);
    }
    return x;
  }

  private static float logSnr(ModelLevels levels, double sigma) {
    float s = (float) sigma;
    return levels.flow() ? -(float) Math.log(s / (1 - s)) : -(float) Math.log(s);
  }

  private static Expression step(Course course, Expression x, Expression denoised, double alphaS, double lambdaS,
      double alphaT, double lambdaT, double eta, double scale) {
    Ancestral step =
        Ancestral.ofFloat32((float) Math.exp(-(float) lambdaS), (float) Math.exp(-(float) lambdaT), (float) eta);
    double h = -Math.log(step.down()) - lambdaS;
    Expression next = x.times(alphaT / alphaS * Math.exp(-h)).plus(denoised.times(-alphaT * Math.expm1(-h)));
    return eta > 0 && scale > 0 ? next.plus(course.noise().times(alphaT * scale * step.up())) : next;
  }
}
