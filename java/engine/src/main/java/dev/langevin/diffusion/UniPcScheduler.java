package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * UniPC: a predictor, and a corrector that uses the next call's answer, so that it costs no call of its own (Zhao et
 * al., arXiv:2302.04867, algorithms 5 to 8).
 */
final class UniPcScheduler implements Scheduler {

  static final String CLASS_NAME = "UniPCMultistepScheduler";

  /** The sample that the last predictor started from. */
  private static final int LAST_SAMPLE = Transition.SAVED;

  /** The answers of this call and of as many before it as the order. */
  private static final int ANSWERS = Transition.SAVED + 1;

  private static final int MAX_ORDER = Transition.MAX_REGISTERS - ANSWERS - 1;

  private final SolverLevels levels;
  private final SolverOutput output;
  private final int order;
  private final boolean squaredRatio;
  private final boolean lowerOrderFinal;
  private final List<Double> uncorrected;

  UniPcScheduler(SchedulerConfig config) {
    levels = new SolverLevels(config,
        new SigmaSpacing[] {SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA},
        SolverLevels.Trait.CHOOSES_END, SolverLevels.Trait.WHOLE_FLOW);
    boolean data = config.flag("predict_x0");
    output = data
        ? SolverOutput.of(config, true, PredictionType.values())
        : SolverOutput.of(config.without("thresholding"), false, PredictionType.EPSILON, PredictionType.SAMPLE,
            PredictionType.V);
    if (!data && levels.endsAtZero()) {
      throw new IllegalArgumentException(
          config.owner() + ": predict_x0 false cannot end at sigma 0; set final_sigmas_type to sigma_min");
    }
    order = config.integer("solver_order");
    if (order < 1 || order > MAX_ORDER) {
      throw config.wrong("solver_order", "from 1 to " + MAX_ORDER);
    }
    squaredRatio = !config.choice("solver_type", "bh2", "bh1", "bh2", "midpoint", "heun", "logrho").equals("bh1");
    lowerOrderFinal = config.flag("lower_order_final", true);
    double[] without = config.numbers("disable_corrector");
    uncorrected = new ArrayList<>();
    for (int i = 0; without != null && i < without.length; i++) {
      uncorrected.add(without[i]);
    }
    if (config.has("solver_p")) {
      throw config.wrong("solver_p", "left away; UniPC predicts by itself here");
    }
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
    SolverLevels.Run run = levels.run(options.steps(), options.schedule(CLASS_NAME, "sigmas", "mu"));
    TransitionTable.Builder table = run.table(options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < run.calls(); i++) {
      transitions.add(transition(run, i, i - options.startIndex()));
    }
    return table.transitions(transitions).build();
  }

  /** @param past answers that there are from before */
  private Transition transition(SolverLevels.Run run, int i, int past) {
    TransitionBuilder step = output.begin(run.timesteps()[i], run.alpha(i), run.sigma(i))
        .keep(slot(past), output.value(run.alpha(i), run.sigma(i)));
    if (past > 0 && !uncorrected.contains((double) (i - 1))) {
      step.keep(Transition.X, corrected(run, i, past));
    }
    step.keep(LAST_SAMPLE, X);
    return step.next(predicted(run, i, past));
  }

  private int currentOrder(SolverLevels.Run run, int i, int past) {
    return Math.min(past + 1, lowerOrderFinal ? Math.min(order, run.calls() - i) : order);
  }

  private int slot(int call) {
    return ANSWERS + call % (order + 1);
  }

  private LinearCombination predicted(SolverLevels.Run run, int i, int past) {
    int current = currentOrder(run, i, past);
    Step weights = new Step(run, i, i + 1);
    LinearCombination next = weights.firstOrder(X, register(slot(past)));
    if (current == 1) {
      return next;
    }
    double[] ratios = ratios(run, i, current, weights.h());
    // of order 2 the condition is satisfied by 1/2 for any ratio up to the order's error (equation 12 and below)
    double[] rhos = current == 2 ? new double[] {0.5} : weights.solve(ratios, current - 1);
    return next.plus(differences(past, ratios, rhos).times(weights.difference()));
  }

  private LinearCombination corrected(SolverLevels.Run run, int i, int past) {
    int current = currentOrder(run, i - 1, past - 1);
    Step weights = new Step(run, i - 1, i);
    LinearCombination m0 = register(slot(past - 1));
    double[] ratios = ratios(run, i - 1, current, weights.h());
    double[] rhos = current == 1 ? new double[] {0.5} : weights.solve(ratios, current);
    LinearCombination sum = differences(past - 1, ratios, rhos)
        .plus(register(slot(past)).minus(m0).times(rhos[current - 1]));
    return weights.firstOrder(register(LAST_SAMPLE), m0).plus(sum.times(weights.difference()));
  }

  /** r_k = (lambda_(i-k) - lambda_i) / h for k = 1 to current - 1, and 1. */
  private static double[] ratios(SolverLevels.Run run, int i, int current, double h) {
    double[] ratios = new double[current];
    for (int k = 1; k < current; k++) {
      ratios[k - 1] = (run.lambda(i - k) - run.lambda(i)) / h;
    }
    ratios[current - 1] = 1;
    return ratios;
  }

  /** The sum over k of rho_k (m_k - m_0) / r_k, m_k being the answer k calls before {@code newest}. */
  private LinearCombination differences(int newest, double[] ratios, double[] rhos) {
    LinearCombination sum = LinearCombination.ZERO;
    for (int k = 1; k < ratios.length; k++) {
      LinearCombination difference = register(slot(newest - k)).minus(register(slot(newest)));
      sum = sum.plus(difference.times(rhos[k - 1] / ratios[k - 1]));
    }
    return sum;
  }

  /** The exponential integrator from level s to level t. */
  private final class Step {

    private final SolverLevels.Run run;
    private final int s;
    private final int t;

    Step(SolverLevels.Run run, int s, int t) {
      this.run = run;
      this.s = s;
      this.t = t;
    }

    double h() {
      return run.lambda(t) - run.lambda(s);
    }

    private double signed() {
      return output.data() ? -h() : h();
    }

    LinearCombination firstOrder(LinearCombination x, LinearCombination m0) {
      double phi = Math.expm1(signed());
      return output.data()
          ? x.times(run.sigma(t) / run.sigma(s)).minus(m0.times(run.alpha(t) * phi))
          : x.times(run.alpha(t) / run.alpha(s)).minus(m0.times(run.sigma(t) * phi));
    }

    /** B(h), by sign and scale of the differences. */
    double difference() {
      return -(output.data() ? run.alpha(t) : run.sigma(t)) * ratio();
    }

    private double ratio() {
      return squaredRatio ? Math.expm1(signed()) : signed();
    }

    /** The first {@code size} unknowns of R rho = b (equation 10), R_jk = r_k^j. */
    double[] solve(double[] ratios, int size) {
      double[][] r = new double[size][size];
      double[] b = new double[size];
      double hh = signed();
      double phi = Math.expm1(hh) / hh - 1;
      double factorial = 1;
      for (int row = 0; row < size; row++) {
        for (int k = 0; k < size; k++) {
          r[row][k] = Math.pow(ratios[k], row);
        }
        b[row] = phi * factorial / ratio();
        factorial *= row + 2;
        phi = phi / hh - 1 / factorial;
      }
      return LinearSystem.solve(r, b);
    }
  }
}
