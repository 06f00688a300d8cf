package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory.NoiseLevel;

/** A network of EDM (Karras et al., arXiv:2206.00364, table 1), told a quarter of log sigma. Immutable. */
final class EdmLevels implements ModelLevels {

  private final double data;
  private final float[] sigmas = new float[1000];

  /** @param data standard deviation of the clean pictures */
  EdmLevels(double min, double max, double data) {
    this.data = data;
    for (int t = 0; t < sigmas.length; t++) {
      sigmas[t] = (float) Math.exp(Math.log(min) + t / 999.0 * (Math.log(max) - Math.log(min)));
    }
  }

  @Override
  public float[] sigmas() {
    return sigmas;
  }

  @Override
  public double timestep(double sigma) {
    return (float) (0.25 * Math.log(sigma));
  }

  @Override
  public double sigma(double timestep) {
    return (float) Math.exp(timestep / 0.25);
  }

  @Override
  public Level level(double sigma) {
    double scale = 1 / Math.sqrt(sigma * sigma + data * data);
    return new Level(timestep(sigma), scale, data * data * scale * scale, sigma * data * scale,
        new NoiseLevel(1, sigma));
  }

  @Override
  public double atShare(double share) {
    return share <= 0 ? 999999999.9 : share >= 1 ? 0
        : Math.exp(Math.log(sigmaMin()) + (1 - share) * (Math.log(sigmaMax()) - Math.log(sigmaMin())));
  }

  @Override
  public boolean flow() {
    return false;
  }
}
