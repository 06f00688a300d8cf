package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Trajectory.NoiseLevel;

/**
 * DPM-Solver-12 and -23 with steps as long as an error allows (Lu et al., arXiv:2206.00927, appendix C), from the first
 * level to the last above 0, in log sigma.
 */
final class DpmAdaptive implements Sampler {

  @Override
  public Expression sample(Course course, double[] sigmas, SamplerOptions options) {
    throw new UnsupportedOperationException("its steps are not known before the run; ask for its trajectory");
  }

  Trajectory trajectory(ModelLevels levels, double[] sigmas, NoiseLevel start, SamplerOptions options) {
    int last = sigmas.length - 1;
    double min = sigmas[last] > 0 ? sigmas[last] : sigmas[last - 1];
    return new DpmAdaptiveRun(levels, sigmas, sigmas[0], min, start,
        new DpmAdaptiveRun.Settings(options.integer("order", 3, 2, 3), options.number("rtol", 0.05),
            options.number("atol", 0.0078), options.number("h_init", 0.05),
            new StepSize.Gains(options.number("pcoeff", 0), options.number("icoeff", 1), options.number("dcoeff", 0),
                options.number("accept_safety", 0.81)),
            options.number("eta", 0), options.number("s_noise", 1)));
  }
}
