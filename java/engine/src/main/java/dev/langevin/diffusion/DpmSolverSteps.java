package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.register;

import dev.langevin.diffusion.DpmSolverWeights.Algorithm;

/**
 * The multistep form of DPM-Solver (Lu et al., arXiv:2211.01095, algorithm 2 and its like of order 3), for any way of
 * mixing signal and noise.
 *
 * @param order 1 to 3
 * @param midpoint whether the second order is the midpoint rule, else Heun's
 * @param lowerOrderFinal whether a short run ends with lower orders
 * @param eulerAtFinal whether every run's last step is of first order
 * @param endsAtZero whether runs end at sigma 0, where only the first order is finite
 */
record DpmSolverSteps(
    Algorithm algorithm, int order, boolean midpoint, boolean lowerOrderFinal, boolean eulerAtFinal,
    boolean endsAtZero) {

  /** The last answers, a ring of as many as the order. */
  private static final int ANSWERS = Transition.SAVED;

  /** Shorter runs end with lower orders, which are stable for long steps. */
  private static final int SHORT_RUN = 15;

  /** Reads {@code solver_order}, {@code solver_type}, {@code lower_order_final} and {@code euler_at_final}. */
  static DpmSolverSteps of(SchedulerConfig config, Algorithm algorithm, boolean endsAtZero) {
    int order = config.integer("solver_order");
    int highest = algorithm == Algorithm.NOISE_SDE ? 2 : 3;
    if (order < 1 || order > highest) {
      throw config.wrong("solver_order", "from 1 to " + highest + " with this algorithm_type");
    }
    boolean heun = config.choice("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2").equals("heun");
    return new DpmSolverSteps(algorithm, order, !heun, config.flag("lower_order_final", true),
        config.flag("euler_at_final"), endsAtZero);
  }

  /**
   * Completes the transition of call {@code i}.
   *
   * @param value what is integrated, at this call
   * @param past calls made before this one
   */
  Transition step(TransitionBuilder step, LinearCombination value, SolverLevels.Run run, int i, int past) {
    step.keep(ANSWERS + past % order, value);
    if (algorithm.stochastic()) {
      step.drawsNoise();
    }
    DpmSolverWeights weights = new DpmSolverWeights(algorithm, run, i, i + 1);
    LinearCombination d0 = answer(past, 0);
    LinearCombination next = weights.firstOrder(d0);
    int current = Math.min(past + 1, highestOrder(run, i));
    if (current == 1) {
      return step.next(next);
    }
    double h = run.width(i, i + 1);
    double r0 = run.width(i - 1, i) / h;
    LinearCombination first = d0.minus(answer(past, 1)).over(r0);
    if (current == 2) {
      return step.next(next.plus(first.times(midpoint ? weights.midpoint() : weights.linear())));
    }
    double r1 = run.width(i - 2, i - 1) / h;
    LinearCombination change = first.minus(answer(past, 1).minus(answer(past, 2)).over(r1)).over(r0 + r1);
    return step.next(next
        .plus(first.plus(change.times(r0)).times(weights.linear()))
        .plus(change.times(weights.quadratic())));
  }

  private int highestOrder(SolverLevels.Run run, int i) {
    if (run.repeats(i)) {
      return 1; // the ratios of higher orders would divide by it
    }
    boolean lower = lowerOrderFinal && run.calls() < SHORT_RUN;
    if (i == run.calls() - 1 && (lower || eulerAtFinal || endsAtZero)) {
      return 1;
    }
    return i == run.calls() - 2 && lower ? Math.min(order, 2) : order;
  }

  /** The answer of {@code back} calls ago. */
  private LinearCombination answer(int past, int back) {
    return register(ANSWERS + (past - back) % order);
  }
}
