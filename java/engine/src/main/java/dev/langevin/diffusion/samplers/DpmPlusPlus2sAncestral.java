package dev.langevin.diffusion.samplers;

/** DPM-Solver++(2S) (Lu et al., arXiv:2211.01095, algorithm 1) to a lower level, then fresh noise. */
final class DpmPlusPlus2sAncestral implements Sampler {

  private final boolean cfgPlusPlus;

  /** @param cfgPlusPlus whether noise is put back by the unconditional prediction (Chung et al., arXiv:2406.08070) */
  DpmPlusPlus2sAncestral(boolean cfgPlusPlus) {
    this.cfgPlusPlus = cfgPlusPlus;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    boolean flow = course.levels().flow() && !cfgPlusPlus;
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      double sigma = sigmas[i];
      Call first = course.call(x, sigma);
      Ancestral step = flow ? Ancestral.ofFlow(sigma, sigmas[i + 1], eta) : Ancestral.of(sigma, sigmas[i + 1], eta);
      Expression from =
          cfgPlusPlus ? first.x().plus(first.denoised()).minus(first.unconditional()) : first.x();
      if (step.down() == 0) {
        x = first.denoised();
      } else {
        double middle = flow ? middle(course.levels(), sigma, step.down()) : Math.sqrt(sigma * step.down());
        Call second = course.call(first.denoised().times(1 - middle / sigma).plus(from.times(middle / sigma)), middle);
        double ratio = step.down() / sigma;
        from = cfgPlusPlus ? first.x().plus(first.denoised()).minus(second.unconditional()) : from;
        x = second.denoised().times(1 - ratio).plus(from.times(ratio));
      }
      if (sigmas[i + 1] > 0 && !(flow && eta <= 0)) {
        x = x.times(step.keep()).plus(course.noise().times(scale * step.up()));
      }
    }
    return x;
  }

  private static double middle(ModelLevels levels, double from, double to) {
    return from == 1 ? 0.9999
        : levels.sigmaOfHalfLogSnr((levels.halfLogSnr(from) + levels.halfLogSnr(to)) / 2);
  }
}
