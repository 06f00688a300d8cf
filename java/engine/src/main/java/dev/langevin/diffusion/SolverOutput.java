package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;

import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;

/**
 * What a solver integrates: x0 or the noise, made of the network's answer.
 *
 * @param type what the network predicts
 * @param limits what is done to x0
 * @param data x0 is integrated, else the noise
 * @param doubled the network also predicts a variance, which these solvers make no use of
 */
record SolverOutput(PredictionType type, Nonlinearity limits, boolean data, boolean doubled) {

  /**
   * Reads {@code prediction_type}, the limits of x0 and {@code variance_type}.
   *
   * @throws IllegalArgumentException if the network predicts the velocity of a flow, and the levels are none of a flow
   */
  static SolverOutput of(SchedulerConfig config, boolean data, PredictionType... allowed) {
    boolean doubled = config.choice("variance_type", "fixed_small", "fixed_small", "fixed_small_log", "fixed_large",
        "fixed_large_log", "learned", "learned_range").startsWith("learned");
    PredictionType type = PredictionType.of(config, allowed);
    if (type == PredictionType.FLOW && !config.flag("use_flow_sigmas")) {
      throw config.wrong("prediction_type", "another where use_flow_sigmas is false; set use_flow_sigmas to true");
    }
    return new SolverOutput(
        type, X0Limits.of(config.without("clip_sample"), false), data, doubled);
  }

  /** A transition at this level, PREDICTION being x0. */
  TransitionBuilder begin(double timestep, double alpha, double sigma) {
    TransitionBuilder step = TransitionBuilder.at(timestep).predict(type.x0(alpha, sigma), limits);
    return doubled ? step.learnedVariance(new LearnedVariance.Ignored()) : step;
  }

  /** What is integrated, by the registers of a transition that was begun at the same level. */
  LinearCombination value(double alpha, double sigma) {
    if (data) {
      return PREDICTION;
    }
    return limits instanceof Nonlinearity.Identity
        ? type.eps(alpha, sigma)
        : X.minus(PREDICTION.times(alpha)).over(sigma);
  }
}
