package dev.langevin.diffusion;

import dev.langevin.tensor.Tensor;

/** Where a run's unit normals come from. */
@FunctionalInterface
public interface NoiseSource {

  /**
   * Fills a tensor with independent unit normals.
   *
   * @param noise f32, any shape; each call continues the sequence
   */
  void fill(Tensor noise);
}
