package dev.langevin.diffusion;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Followable;

/**
 * The network of the reverse chain, which guesses x0, the noise or a velocity from a noisy sample. It reads its input
 * and writes its answer where they lie, so that a step moves no memory.
 */
public interface Denoiser {

  /**
   * The sample that the network is shown, f32, first axis the batch N; under guidance (2N, ...), the unconditional half
   * first. Written by the {@link TransitionKernel}; the same tensor for all calls.
   */
  DeviceTensor input();

  /**
   * The network's answer to the last call, f32, as many samples as {@link #input}. With a learned variance each sample
   * holds twice the numbers, first all of the answer, then all of the variance. The same tensor for all calls.
   */
  DeviceTensor output();

  /** Runs the network on {@link #input} at this time. */
  void predict(double timestep);

  /**
   * The network, where its run is all that {@link #predict} does after {@link #ready}: a device then runs it and what
   * follows as one. Null where there is more to do.
   */
  default Followable network() {
    return null;
  }

  /** Does what comes before the run of {@link #network}, which is not null. */
  default void ready(double timestep) {
    throw new IllegalStateException(this + " has no network whose run is all of a prediction");
  }
}
