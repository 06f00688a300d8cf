package dev.langevin.diffusion.samplers;

/** A way down a run's noise levels. Holds no state: any number of threads may share one. */
@FunctionalInterface
interface Sampler {

  /**
   * Asks the course for network calls and noise, from {@link Course#start} on.
   *
   * @param sigmas noise levels of the steps, descending; the last is where the run ends, mostly 0
   * @param options read by their names; one that is not read is refused
   * @return the sample at the end
   */
  Expression sample(Course course, double[] sigmas, SamplerOptions options);
}
