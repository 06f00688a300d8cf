package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;

/**
 * Steps x + dt * (x - x0) / sigma, rounded to float32 after every operation, as upstream's tensors are.
 *
 * <p>
 * From a level far above 1, which only a chain without signal at its end reaches, such a step is the small difference
 * of large numbers: its rounding is part of the result, and a slope that the next call takes at a lower level magnifies
 * it by the ratio of the two levels (sigma 34,621 of cosine betas: to 1e-4 of the sample). Below, one rounding a step
 * is both nearer to the exact value and quicker.
 */
final class RoundedStep {

  /** Steps that begin above this sigma are rounded operation by operation. */
  private static final double ABOVE = 1000;

  private RoundedStep() {}

  /** Whether a step, or a run, that begins at {@code sigma} is rounded operation by operation. */
  static boolean at(double sigma) {
    return sigma > ABOVE;
  }

  /** {@code target = (X - PREDICTION) / sigma}; the builder's prediction is x0. */
  static void slope(TransitionBuilder step, int target, double sigma) {
    step.keep(target, X.minus(PREDICTION)).keep(target, register(target).over(sigma));
  }

  /** {@code slope = from + slope * dt}: the slope's register receives the moved sample, which is returned. */
  static LinearCombination moved(TransitionBuilder step, LinearCombination from, int slope, double dt) {
    step.keep(slope, register(slope).times((float) dt)).keep(slope, from.plus(register(slope)));
    return register(slope);
  }
}
