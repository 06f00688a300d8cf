package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory.NoiseLevel;
import java.util.function.DoubleUnaryOperator;

/**
 * A network of rectified flow (Liu et al., arXiv:2209.03003), which answers the velocity {@code noise - x0}. Immutable.
 */
final class FlowLevels implements ModelLevels {

  private final DoubleUnaryOperator shifted; // of a time in [0, 1]
  private final double multiplier;
  private final float[] sigmas;

  private FlowLevels(DoubleUnaryOperator shifted, double multiplier, int count) {
    this.shifted = shifted;
    this.multiplier = multiplier;
    this.sigmas = new float[count];
    for (int t = 0; t < count; t++) {
      sigmas[t] = (float) shifted.applyAsDouble((t + 1) / (double) count);
    }
  }

  /** SD3's: {@code shift * t / (1 + (shift - 1) * t)}. */
  static FlowLevels ofShift(double shift, double multiplier) {
    return new FlowLevels(t -> shift * t / (1 + (shift - 1) * t), multiplier, 1000);
  }

  /** FLUX.1's: {@code exp(mu) / (exp(mu) + 1 / t - 1)}; the network is told sigma itself. */
  static FlowLevels ofMu(double mu) {
    return new FlowLevels(t -> Math.exp(mu) / (Math.exp(mu) + 1 / t - 1), 1, 10_000);
  }

  @Override
  public float[] sigmas() {
    return sigmas;
  }

  @Override
  public double timestep(double sigma) {
    return (float) (sigma * multiplier);
  }

  @Override
  public double sigma(double timestep) {
    return (float) shifted.applyAsDouble(timestep / multiplier);
  }

  @Override
  public Level level(double sigma) {
    return new Level(timestep(sigma), 1, 1, -sigma, new NoiseLevel(1 - sigma, sigma));
  }

  @Override
  public double atShare(double share) {
    return share <= 0 ? 1 : share >= 1 ? 0 : shifted.applyAsDouble(1 - share);
  }

  @Override
  public boolean flow() {
    return true;
  }
}
