package dev.langevin.diffusion.samplers;

/** DPM-Solver-2 to a lower level, then fresh noise. */
final class Dpm2Ancestral implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    double eta = options.number("eta", 1);
    double scale = options.number("s_noise", 1);
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      Call first = course.call(x, sigmas[i]);
      Ancestral step = Ancestral.of(course.levels(), sigmas[i], sigmas[i + 1], eta);
      x = Dpm2.step(course, first, sigmas[i], step.down());
      if (step.down() != 0) {
        x = x.times(step.keep()).plus(course.noise().times(scale * step.up()));
      }
    }
    return x;
  }
}
