package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Noise of a batch whose pictures have seeds of their own, so that each is the same alone: row k is drawn from
 * {@code seed + k}.
 */
public final class SeededNoise implements NoiseSource {

  private final long seed;
  private final List<TorchGenerator> generators = new ArrayList<>(); // made when they are needed: the request may yet
                                                                     // be refused

  /**
   * Noise of a batch, none of it drawn yet.
   *
   * @param seed of the first picture; picture k draws from {@code seed + k}
   */
  public SeededNoise(long seed) {
    this.seed = seed;
  }

  @Override
  public void fill(Tensor noise) {
    for (int k = 0; k < noise.shape().intDim(0); k++) { // fewer rows than pictures are of the first
      if (k == generators.size()) {
        generators.add(new TorchGenerator(seed + k));
      }
      generators.get(k).fill(noise.row(k));
    }
  }
}
