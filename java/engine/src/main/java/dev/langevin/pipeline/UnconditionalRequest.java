package dev.langevin.pipeline;

/**
 * What an {@link UnconditionalDiffusion} is to generate.
 *
 * @param count pictures, at least 1, sampled as one batch
 * @param label class of every picture, or null for a model without classes
 * @param steps steps of the sampler, at least 1
 * @param sampler usual name or class name of the sampler, or null for the model's own, but DDIM in place of DDPM
 * @param seed of the random numbers, which are those of torch's CPU generator
 * @param guidance scale of classifier-free guidance (arXiv:2207.12598), where the model's last class stands for no class; 1 is without
 */
public record UnconditionalRequest(int count, Long label, int steps, String sampler, long seed, double guidance) {

  /** Without guidance. */
  public UnconditionalRequest(int count, Long label, int steps, String sampler, long seed) {
    this(count, label, steps, sampler, seed, 1);
  }

  public UnconditionalRequest {
    if (count < 1) {
      throw new IllegalArgumentException("count is " + count + ", must be at least 1");
    }
    if (!Double.isFinite(guidance)) {
      throw new IllegalArgumentException("guidance is " + guidance + ", must be a finite number");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps is " + steps + ", must be at least 1");
    }
  }
}
