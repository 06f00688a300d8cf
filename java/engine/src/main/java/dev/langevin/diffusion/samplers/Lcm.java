package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory.NoiseLevel;

/** Latent consistency (Luo et al., arXiv:2310.04378): the clean picture, noised anew for the next step. */
final class Lcm implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    Expression x = course.start();
    for (int i = 0; i < sigmas.length - 1; i++) {
      x = course.call(x, sigmas[i]).denoised();
      if (sigmas[i + 1] > 0) {
        NoiseLevel level = course.levels().level(sigmas[i + 1]).noised();
        x = x.times(level.signal()).plus(course.noise().times(level.noise()));
      }
    }
    return x;
  }
}
