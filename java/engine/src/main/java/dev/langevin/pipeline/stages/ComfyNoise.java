package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.tensor.Tensor;

/**
 * Noise as ComfyUI draws it on a processor, each picture as if it were made alone: the start's from the generator of
 * its seed, and the steps' from that of the next seed.
 */
public final class ComfyNoise implements NoiseSource {

  private final SeededNoise start;
  private final SeededNoise steps;
  private boolean begun;

  /**
   * Noise of a batch whose first picture has that seed.
   *
   * @param seed of the start; that of the steps is one more
   */
  public ComfyNoise(long seed) {
    this.start = new SeededNoise(seed);
    this.steps = new SeededNoise(seed + 1);
  }

  @Override
  public void fill(Tensor noise) {
    (begun ? steps : start).fill(noise);
    begun = true;
  }
}
