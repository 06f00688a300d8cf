package dev.langevin.diffusion;

import java.util.OptionalDouble;

/**
 * A run of a sampler laid out in full: the noise levels and one {@link Transition} a network call. Immutable.
 *
 * <p>
 * Samplers of order two (Heun, KDPM2) call the network twice a step; each call is an entry of its own here.
 */
public interface Trajectory {

  /** Times that the network is told, one a call, before any start index is applied. */
  double[] timesteps();

  /** Noise levels sigma where the sampler is written in them, usually one more than {@link #timesteps}; else empty. */
  double[] sigmas();

  /** Standard deviation that the unit-normal start is multiplied by. */
  double initNoiseSigma();

  /** Index of the first call that is made: above 0 where a run starts part-way down from a noised picture. */
  int startIndex();

  /** The transition of call {@code index}, {@code startIndex <= index < timesteps().length}. */
  Transition transition(int index);

  /** Number of registers that the transitions use, at most {@link Transition#MAX_REGISTERS}. */
  int registers();

  /**
   * The noise level at a call's timestep: x_t = signal * x0 + noise * eps, what diffusers calls {@code add_noise}.
   */
  NoiseLevel noiseLevel(double timestep);

  /** The noise level of the sample that call {@code index} is made with; of the first call, that of the start. */
  default NoiseLevel levelOf(int index) {
    return noiseLevel(timesteps()[index]);
  }

  /**
   * Standard deviation of fresh noise that is drawn and added to the start before the first call; empty where none is
   * drawn.
   */
  default OptionalDouble openingNoise() {
    return OptionalDouble.empty();
  }

  /** Coefficients of x_t = signal * x0 + noise * eps. */
  record NoiseLevel(double signal, double noise) {}
}
