package dev.langevin.diffusion.samplers;

/** Ancestral sampling by the posterior (Ho et al., arXiv:2006.11239, algorithm 2), in sigma. */
final class Ddpm implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      double alphaBarT = 1 / (sigmas[i] * sigmas[i] + 1);
      double alphaBarS = 1 / (sigmas[i + 1] * sigmas[i + 1] + 1);
      double alpha = alphaBarT / alphaBarS;
      x = call.x().times(Math.sqrt(alphaBarT))
          .minus(call.direction(sigmas[i]).times((1 - alpha) / Math.sqrt(1 - alphaBarT))).over(Math.sqrt(alpha));
      if (sigmas[i + 1] > 0) {
        x = x.plus(course.noise().times(Math.sqrt((1 - alpha) * (1 - alphaBarS) / (1 - alphaBarT))))
            .over(Math.sqrt(alphaBarS));
      }
    }
    return x;
  }
}
