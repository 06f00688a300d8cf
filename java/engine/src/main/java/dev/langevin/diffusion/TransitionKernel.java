package dev.langevin.diffusion;

import dev.langevin.tensor.Tensor;

/** Applies transitions to memory: where the chain's arithmetic on pictures is done, in one pass a step. */
public interface TransitionKernel {

  /**
   * Prepares a run. Everything that a step needs is built and allocated here, once.
   *
   * @param denoiser whose output is read and whose next input is written
   * @param guidance scale g of classifier-free guidance, answer = u + g * (c - u) for the halves u, c of the output (Ho and
   *     Salimans, arXiv:2207.12598); without effect unless {@code samples} is half of the denoiser's batch
   * @param samples N, pictures that are sampled: the denoiser's batch, or half of it under guidance
   * @throws IllegalArgumentException if the denoiser's tensors do not fit each other or {@code samples}
   */
  Chain prepare(Trajectory trajectory, Denoiser denoiser, int samples, double guidance);

  /** A prepared run. Owned by the caller of {@link #prepare}; used by one thread at a time. */
  interface Chain extends AutoCloseable {

    /** A register as a tensor of N samples, for example {@link Transition#X} to write the start and read the result. */
    Tensor register(int index);

    /** Begins: zeroes the registers that live from step to step, and shows the network the sample in X. */
    void begin();

    /** Makes the step of call {@code index} from the denoiser's answer, and shows the network the next sample. */
    void apply(int index);

    @Override
    void close();
  }
}
