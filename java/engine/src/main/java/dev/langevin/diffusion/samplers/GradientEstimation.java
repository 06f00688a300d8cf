package dev.langevin.diffusion.samplers;

/** Euler's method with a direction carried on from the last (Permenter and Yuan, arXiv:2306.04848). */
final class GradientEstimation implements Sampler {

  private final boolean cfgPlusPlus;

  /** @param cfgPlusPlus whether noise is put back by the unconditional prediction (Chung et al., arXiv:2406.08070) */
  GradientEstimation(boolean cfgPlusPlus) {
    this.cfgPlusPlus = cfgPlusPlus;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double gamma = options.number("ge_gamma", 2);
    Expression x = course.start();
    Expression old = null;
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      Expression d = call.x().minus(cfgPlusPlus ? call.unconditional() : call.denoised()).over(sigmas[i]);
      if (sigmas[i + 1] == 0) {
        x = call.denoised();
      } else {
        x = call.denoised().plus(d.times(sigmas[i + 1]));
        if (old != null) {
          x = x.plus(d.minus(old).times((gamma - 1) * (sigmas[i + 1] - sigmas[i])));
        }
      }
      old = d;
    }
    return x;
  }
}
