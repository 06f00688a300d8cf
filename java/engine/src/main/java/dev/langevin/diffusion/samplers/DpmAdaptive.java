package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Trajectory.NoiseLevel;

/** DPM-Solver-12 and -23 with steps as long as an error allows (Lu et al., arXiv:2206.00927, appendix C). */
final class DpmAdaptive implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    throw new UnsupportedOperationException("its steps are not known before the run");
  }

  Trajectory trajectory(ModelLevels levels, double[] sigmas, NoiseLevel start, SamplerOptions options) {
    throw new UnsupportedOperationException("dpm_adaptive");
  }
}
