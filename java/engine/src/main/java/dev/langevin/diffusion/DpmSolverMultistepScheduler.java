package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.register;

import dev.langevin.diffusion.DpmSolverWeights.Algorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DPM-Solver and DPM-Solver++ of order 1 to 3 with the answers of past steps, along the differential equation or the
 * stochastic process (Lu et al., arXiv:2206.00927 and arXiv:2211.01095, algorithm 2).
 */
final class DpmSolverMultistepScheduler implements Scheduler {

  static final String CLASS_NAME = "DPMSolverMultistepScheduler";

  /** The last answers, a ring of as many as the order. */
  private static final int ANSWERS = Transition.SAVED;

  /** Shorter runs end with lower orders, which are stable for long steps. */
  private static final int SHORT_RUN = 15;

  private final SolverLevels levels;
  private final Algorithm algorithm;
  private final SolverOutput output;
  private final int order;
  private final boolean midpoint;
  private final boolean lowerOrderFinal;
  private final boolean eulerAtFinal;

  DpmSolverMultistepScheduler(SchedulerConfig config) {
    levels = new SolverLevels(config,
        new SigmaSpacing[] {SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA, SigmaSpacing.LU_LAMBDAS},
        SolverLevels.Trait.CHOOSES_END, SolverLevels.Trait.ENDS_AT_TRAINING, SolverLevels.Trait.TRUNCATES_COSINE);
    algorithm = Algorithm.of(config, Algorithm.values());
    algorithm.requireEnd(config, levels);
    output = algorithm.data()
        ? SolverOutput.of(config, true, PredictionType.values())
        : SolverOutput.of(config, false, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    order = config.integer("solver_order", 2);
    if (order < 1 || order > (algorithm == Algorithm.NOISE_SDE ? 2 : 3)) {
      throw config.wrong("solver_order", algorithm == Algorithm.NOISE_SDE ? "1 or 2 with sde-dpmsolver" : "1, 2 or 3");
    }
    midpoint = !config.choice("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2").equals("heun");
    lowerOrderFinal = config.flag("lower_order_final", true);
    eulerAtFinal = config.flag("euler_at_final", false);
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
    for (int i = options.startIndex(); i < run.calls(); i++) {
      transitions.add(transition(run, i, i - options.startIndex()));
    }
    return table.transitions(transitions).build();
  }

  /** @param past answers that there are from before */
  private Transition transition(SolverLevels.Run run, int i, int past) {
    double alpha = run.alpha(i);
    double sigma = run.sigma(i);
    TransitionBuilder step = output.begin(run.timesteps()[i], alpha, sigma)
        .keep(ANSWERS + past % order, output.value(alpha, sigma));
    if (algorithm.stochastic()) {
      step.drawsNoise();
    }
    DpmSolverWeights weights = new DpmSolverWeights(algorithm, run, i, i + 1);
    LinearCombination d0 = answer(past, 0);
    LinearCombination next = weights.firstOrder(d0);
    int current = Math.min(past + 1, Math.min(order, remainingOrder(run, i)));
    if (current == 1) {
      return step.next(next);
    }
    double h = run.lambda(i + 1) - run.lambda(i);
    LinearCombination first = d0.minus(answer(past, 1)).times(h / (run.lambda(i) - run.lambda(i - 1)));
    if (current == 2) {
      return step.next(next.plus(first.times(midpoint ? weights.midpoint() : weights.linear())));
    }
    double r0 = (run.lambda(i) - run.lambda(i - 1)) / h;
    double r1 = (run.lambda(i - 1) - run.lambda(i - 2)) / h;
    LinearCombination change = first.minus(answer(past, 1).minus(answer(past, 2)).over(r1)).over(r0 + r1);
    return step.next(next
        .plus(first.plus(change.times(r0)).times(weights.linear()))
        .plus(change.times(weights.quadratic())));
  }

  /** The highest order that is wise so close to the end. */
  private int remainingOrder(SolverLevels.Run run, int i) {
    boolean lower = lowerOrderFinal && run.calls() < SHORT_RUN;
    if (i == run.calls() - 1 && (lower || eulerAtFinal || levels.endsAtZero())) {
      return 1;
    }
    return i == run.calls() - 2 && lower ? 2 : order;
  }

  /** The answer of {@code back} calls ago. */
  private LinearCombination answer(int past, int back) {
    return register(ANSWERS + (past - back) % order);
  }
}
