package dev.langevin.diffusion.samplers;

/** Euler's method to a lower level, then fresh noise. */
final class EulerAncestral implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call call = course.call(x, sigmas[i]);
      Ancestral step = Ancestral.of(course.levels(), sigmas[i], sigmas[i + 1], eta);
      if (sigmas[i + 1] == 0 || step.down() == 0) {
        x = call.denoised();
      } else {
        x = call.denoised().towards(call.x(), step.down() / sigmas[i]).times(step.keep());
        if (!course.levels().flow() || eta > 0) {
          x = x.plus(course.noise().times(scale * step.up()));
        }
      }
    }
    return x;
  }
}
