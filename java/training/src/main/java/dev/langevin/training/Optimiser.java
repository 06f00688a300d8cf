package dev.langevin.training;

import dev.langevin.backend.BlockKernels;

/**
 * AdamW with a learning rate that warms up and falls, and gradients that are clipped.
 *
 * @param clipNorm most Euclidean norm of a gradient, as torch's {@code clip_grad_norm_}; null leaves it alone
 */
public record Optimiser(LearningRate learningRate, double beta1, double beta2, double epsilon, double weightDecay,
    Double clipNorm,
    MovingAverage average) {

  /** What torch adds to a norm before it divides by it. */
  private static final double NORM_EPSILON = 1e-6;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number lies outside its range
   */
  public Optimiser {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException("betas are " + beta1 + " and " + beta2 + "; both lie in [0, 1)");
    }
    if (!(epsilon > 0) || !(weightDecay >= 0) || clipNorm != null && !(clipNorm > 0)) {
      throw new IllegalArgumentException(
          "epsilon is " + epsilon + ", weight_decay " + weightDecay + ", clip_grad_norm " + clipNorm
              + "; they must be above 0, 0 or more, and above 0");
    }
  }

  /**
   * Takes a step.
   *
   * @param step 1 for the first
   * @return the norm of the gradient before it was clipped
   */
  public double step(Learner learner, long step) {
    double norm = learner.gradientNorm();
    double scale = clipNorm == null ? 1 : Math.min(1, clipNorm / (norm + NORM_EPSILON));
    if (Double.isFinite(norm)) {
      learner.step(new BlockKernels.AdamW(learningRate.at(step), beta1, beta2, epsilon, weightDecay, step, scale,
          average == null ? 0 : average.decayAt(step)));
    }
    return norm;
  }
}
