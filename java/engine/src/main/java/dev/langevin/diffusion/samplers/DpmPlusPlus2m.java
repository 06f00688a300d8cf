package dev.langevin.diffusion.samplers;

/** DPM-Solver++(2M) (Lu et al., arXiv:2211.01095, algorithm 2), in sigma. */
final class DpmPlusPlus2m implements Sampler {

  private final boolean cfgPlusPlus;

  /** @param cfgPlusPlus whether noise is put back by the unconditional prediction (Chung et al., arXiv:2406.08070) */
  DpmPlusPlus2m(boolean cfgPlusPlus) {
    this.cfgPlusPlus = cfgPlusPlus;
  }

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    Expression old = null; // the denoised sample before, or with CFG++ the unconditional one
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      double ratio = sigmas[i + 1] / sigmas[i];
      double h = Math.log(sigmas[i]) - Math.log(sigmas[i + 1]);
      double half = old == null || sigmas[i + 1] == 0 ? 0 : h / (2 * Math.log(sigmas[i - 1] / sigmas[i]));
      Expression change = half == 0 ? Expression.ZERO : call.denoised().minus(old).times(half * (1 - ratio));
      if (cfgPlusPlus) {
        x = call.denoised().plus(change).plus(call.x().minus(call.unconditional()).times(ratio));
        old = call.unconditional();
      } else {
        x = call.denoised().towards(call.x(), ratio).plus(change);
        old = call.denoised();
      }
    }
    return x;
  }
}
