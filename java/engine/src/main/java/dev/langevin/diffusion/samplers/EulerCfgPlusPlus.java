package dev.langevin.diffusion.samplers;

/** Euler's method with noise put back by the unconditional prediction (Chung et al., arXiv:2406.08070). */
final class EulerCfgPlusPlus implements Sampler {

  private final boolean ancestral;

  /** @param ancestral whether fresh noise is drawn */
  EulerCfgPlusPlus(boolean ancestral) {
    this.ancestral = ancestral;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double eta = ancestral ? options.number("eta", 1) : 0;
    double scale = ancestral ? options.number("s_noise", 1) : 0;
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      if (sigmas[i + 1] == 0) {
        x = call.denoised();
        continue;
      }
      double alphaS = alpha(course.levels(), sigmas[i]);
      double alphaT = alpha(course.levels(), sigmas[i + 1]);
      Expression noise = call.x().minus(call.unconditional().times(alphaS)).over(sigmas[i]);
      double from = alphaS == 0 ? Double.POSITIVE_INFINITY : sigmas[i] / alphaS;
      double to = sigmas[i + 1] / alphaT;
      Ancestral step = Double.isInfinite(from) && eta != 0
          ? new Ancestral(to * Math.sqrt(Math.max(0, 1 - eta * eta)), 1, Math.min(1, eta) * to)
          : Ancestral.of(from, to, eta);
      x = call.denoised().times(alphaT).plus(noise.times(alphaT * step.down()));
      if (eta > 0 && scale > 0) {
        x = x.plus(course.noise().times(alphaT * scale * step.up()));
      }
    }
    return x;
  }

  private static double alpha(ModelLevels levels, double sigma) {
    return levels.flow() ? 1 - sigma : 1;
  }
}
