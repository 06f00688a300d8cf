package dev.langevin.pipeline;

/**
 * What an {@link UnconditionalDiffusion} is to generate.
 *
 * @param count pictures, at least 1, sampled as one batch
 * @param label class of every picture, or null for a model without classes
 * @param steps steps of the sampler, at least 1
 * @param sampler usual name or class name of the sampler, or null for the model's own, but DDIM in place of DDPM
 * @param seed of the random numbers, which are those of torch's CPU generator
 */
public record UnconditionalRequest(int count, Long label, int steps, String sampler, long seed) {
  public UnconditionalRequest {
    if (count < 1) {
      throw new IllegalArgumentException("count is " + count + ", must be at least 1");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("steps is " + steps + ", must be at least 1");
    }
  }
}
