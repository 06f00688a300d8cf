package dev.langevin.diffusion.samplers;

/** Refined exponential solver of two steps (Zhang et al., arXiv:2308.02157), with fresh noise where it is ancestral. */
final class ResMultistep implements Sampler {

  private final boolean ancestral;
  private final boolean cfgPlusPlus;

  /** @param cfgPlusPlus whether noise is put back by the unconditional prediction (Chung et al., arXiv:2406.08070) */
  ResMultistep(boolean ancestral, boolean cfgPlusPlus) {
    this.ancestral = ancestral;
    this.cfgPlusPlus = cfgPlusPlus;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double eta = ancestral ? options.number("eta", 1) : 0;
    double scale = options.number("s_noise", 1);
    Expression x = course.start();
    Expression old = null;
    double oldDown = 0;
    for (int i = 0; i < sigmas.length - 1; i++) {
      double sigma = sigmas[i];
      Call call = course.call(x, sigma);
      Ancestral step = Ancestral.of(sigma, sigmas[i + 1], eta);
      Expression prediction = cfgPlusPlus ? call.unconditional() : call.denoised();
      Expression from = cfgPlusPlus ? call.x().plus(call.denoised()).minus(prediction) : call.x();
      if (step.down() == 0 || old == null) {
        x = call.denoised().plus(call.x().minus(prediction).times(step.down() / sigma));
      } else {
        double h = Math.log(sigma / step.down());
        double c2 = Math.log(oldDown / sigmas[i - 1]) / h;
        double phi1 = -Math.expm1(-h) / h;
        double phi2 = (phi1 - 1) / -h;
        double b2 = finite(phi2 / c2);
        x = from.times(Math.exp(-h)).plus(prediction.times(h * finite(phi1 - phi2 / c2))).plus(old.times(h * b2));
      }
      if (sigmas[i + 1] > 0) {
        x = x.plus(course.noise().times(scale * step.up()));
      }
      old = prediction;
      oldDown = step.down();
    }
    return x;
  }

  private static double finite(double value) {
    return Double.isNaN(value) ? 0 : value;
  }
}
