package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;

import dev.langevin.diffusion.DpmSolverWeights.Algorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DPM-Solver and DPM-Solver++ in groups of as many calls as the order: each call of a group steps anew from the group's
 * first sample, with one answer more (Lu et al., arXiv:2206.00927, algorithms 1 and 2; arXiv:2211.01095, algorithm 1).
 */
final class DpmSolverSinglestepScheduler implements Scheduler {

  static final String CLASS_NAME = "DPMSolverSinglestepScheduler";

  /** Where the group began. */
  private static final int FIRST_SAMPLE = Transition.SAVED;

  /** The last answers, a ring of as many as the order. */
  private static final int ANSWERS = Transition.SAVED + 1;

  private final SolverLevels levels;
  private final Algorithm algorithm;
  private final SolverOutput output;
  private final int order;
  private final boolean midpoint;
  private final boolean lowerOrderFinal;

  DpmSolverSinglestepScheduler(SchedulerConfig config) {
    levels = new SolverLevels(config,
        new SigmaSpacing[] {SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA},
        SolverLevels.Trait.CHOOSES_END, SolverLevels.Trait.ENDS_AT_TRAINING, SolverLevels.Trait.LINSPACE_ONLY);
    algorithm = Algorithm.of(config, Algorithm.NOISE_ODE, Algorithm.DATA_ODE, Algorithm.DATA_SDE);
    algorithm.requireEnd(config, levels.endsAtZero());
    output = algorithm.data()
        ? SolverOutput.of(config, true, PredictionType.values())
        : SolverOutput.of(config, false, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    order = config.integer("solver_order");
    if (order < 1 || order > 3) {
      throw config.wrong("solver_order", "1, 2 or 3");
    }
    midpoint = !config.choice("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2").equals("heun");
    lowerOrderFinal = config.flag("lower_order_final", false);
  }

  @Override
  public String className() {
    return CLASS_NAME;
  }

  @Override
  public int trainTimesteps() {
    return levels.trainTimesteps();
  }

  @Override
  public Optional<NoiseSchedule> noiseSchedule() {
    return Optional.of(levels.schedule());
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    options.step(CLASS_NAME);
    SolverLevels.Run run = levels.run(options.steps(), options.schedule(CLASS_NAME, "timesteps", "mu"));
    TransitionTable.Builder table = run.table(options);
    List<Transition> transitions = new ArrayList<>();
    int[] orders = orders(run.calls());
    for (int i = options.startIndex(); i < run.calls(); i++) {
      int past = i - options.startIndex();
      transitions.add(transition(run, i, past, Math.min(orders[i], past + 1)));
    }
    return table.transitions(transitions).build();
  }

  /** The order of each call: 1 to the solver's order again and again, and a rest of lower orders. */
  private int[] orders(int calls) {
    int[] orders = new int[calls];
    for (int i = 0; i < calls; i++) {
      orders[i] = i % order + 1;
    }
    // The last group cannot be a whole one where the run ends at sigma 0, nor, by configuration, elsewhere.
    if (levels.endsAtZero() || lowerOrderFinal && calls % order == 0) {
      orders[calls - 1] = 1;
    }
    return orders;
  }

  /** @param past answers that there are from before */
  private Transition transition(SolverLevels.Run run, int i, int past, int current) {
    double alpha = run.alpha(i);
    double sigma = run.sigma(i);
    TransitionBuilder step = output.begin(run.timesteps()[i], alpha, sigma)
        .keep(ANSWERS + past % order, output.value(alpha, sigma));
    if (algorithm.stochastic()) {
      step.drawsNoise();
    }
    if (current == 1) {
      step.keep(FIRST_SAMPLE, X);
      return step.next(new DpmSolverWeights(algorithm, run, i, i + 1).firstOrder(answer(past, 0)));
    }
    int start = i - current + 1;
    DpmSolverWeights weights = new DpmSolverWeights(algorithm, run, start, i + 1);
    LinearCombination d0 = answer(past, current - 1);
    LinearCombination next = weights.firstOrder(register(FIRST_SAMPLE), d0);
    double h = run.lambda(i + 1) - run.lambda(start);
    double r0 = (run.lambda(i) - run.lambda(start)) / h;
    LinearCombination last = answer(past, 0).minus(d0).over(r0);
    if (current == 2) {
      return step.next(next.plus(last.times(midpoint ? weights.midpoint() : weights.linear())));
    }
    if (midpoint) {
      return step.next(next.plus(last.times(weights.linear())));
    }
    double r1 = (run.lambda(i - 1) - run.lambda(start)) / h;
    LinearCombination middle = answer(past, 1).minus(d0).over(r1);
    LinearCombination slope = middle.times(r0).minus(last.times(r1)).over(r0 - r1);
    LinearCombination curvature = last.minus(middle).times(2 / (r0 - r1));
    return step.next(next.plus(slope.times(weights.linear())).plus(curvature.times(weights.quadratic())));
  }

  /** The answer of {@code back} calls ago. */
  private LinearCombination answer(int past, int back) {
    return register(ANSWERS + (past - back) % order);
  }
}
