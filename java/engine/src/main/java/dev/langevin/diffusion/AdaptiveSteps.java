package dev.langevin.diffusion;

import java.util.function.DoubleConsumer;

/**
 * Does to the sample what an {@link AdaptiveTrajectory} decides after each call.
 *
 * @param addNoise draws noise of a standard deviation and adds it to the sample
 */
record AdaptiveSteps(AdaptiveTrajectory trajectory, TransitionKernel.Chain chain, DoubleConsumer addNoise) {

  /** @return calls that are expected */
  int begin() {
    trajectory.begin();
    return trajectory.expected(0);
  }

  /**
   * After a call.
   *
   * @param next index of the one that comes
   * @return calls that are expected in all, {@code next} at the end
   */
  int follow(int next) {
    AdaptiveTrajectory.Decision decision = trajectory.decide(register -> chain.register(register).read());
    if (decision.register() != Transition.X) {
      chain.register(Transition.X).block().copyFrom(chain.register(decision.register()).block());
    }
    if (!Double.isNaN(decision.noise())) {
      addNoise.accept(decision.noise());
    }
    if (!decision.more()) {
      return next;
    }
    chain.show(next);
    return Math.max(next + 1, trajectory.expected(next));
  }
}
