package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * SA-Solver: stochastic Adams methods, a predictor and a corrector that reuses the next call's answer (Xue et al.,
 * arXiv:2309.05019, algorithm 1). Step option {@code tau}: how much of the noise is renewed, the same at all times;
 * without it 1 from timestep 200 to 800 and 0 elsewhere.
 */
final class SaSolverScheduler implements Scheduler {

  static final String CLASS_NAME = "SASolverScheduler";

  /** The sample that the last predictor started from, and the noise that it added. */
  private static final int LAST_SAMPLE = Transition.SAVED;

  private static final int LAST_NOISE = LAST_SAMPLE + 1;

  /** The answers of this call and of those before it. */
  private static final int ANSWERS = LAST_NOISE + 1;

  private static final int MAX_ORDER = 4;

  private final SolverLevels levels;
  private final SolverOutput output;
  private final int predictorOrder;
  private final int correctorOrder;
  private final boolean lowerOrderFinal;
  private final boolean functionOfTau; // the configuration once held a function, which a file cannot hold

  SaSolverScheduler(SchedulerConfig config) {
    levels = new SolverLevels(config,
        new SigmaSpacing[] {SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA});
    output = config.choice("algorithm_type", "data_prediction", "data_prediction", "noise_prediction")
        .equals("data_prediction")
            ? SolverOutput.of(config, true, PredictionType.values())
            : SolverOutput.of(config, false, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    predictorOrder = order(config, "predictor_order");
    correctorOrder = order(config, "corrector_order");
    lowerOrderFinal = config.flag("lower_order_final", true);
    functionOfTau = config.has("tau_func");
  }

  private static int order(SchedulerConfig config, String key) {
    int order = config.integer(key);
    if (order < 1 || order > MAX_ORDER) {
      throw config.wrong(key, "from 1 to " + MAX_ORDER);
    }
    return order;
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
    SchedulerConfig step = options.step(CLASS_NAME, "tau");
    if (functionOfTau && !step.has("tau")) {
      throw new IllegalArgumentException(CLASS_NAME + ": tau_func is set, and a function cannot be read from a file;"
          + " give the run the step option tau");
    }
    SolverLevels.Run run = levels.run(options.steps(), options.schedule(CLASS_NAME, "mu"));
    // upstream adds noise by the training schedule here, where its other solvers do so by the run's levels
    TransitionTable.Builder table = run.table(options).noiseLevelsOf(levels.schedule());
    double[] tau = new double[run.calls()];
    for (int i = 0; i < tau.length; i++) {
      double t = run.timesteps()[i];
      tau[i] = step.number("tau", t >= 200 && t <= 800 ? 1 : 0);
    }
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < run.calls(); i++) {
      transitions.add(transition(run, tau, i, i - options.startIndex()));
    }
    return table.transitions(transitions).build();
  }

  /** @param past answers that there are from before */
  private Transition transition(SolverLevels.Run run, double[] tau, int i, int past) {
    TransitionBuilder step = output.begin(run.timesteps()[i], run.alpha(i), run.sigma(i)).drawsNoise()
        .keep(slot(past), output.value(run.alpha(i), run.sigma(i)));
    if (past > 0) {
      int order = Math.min(past + 1, lowerOrderFinal ? Math.min(correctorOrder, run.calls() - i + 2) : correctorOrder);
      Integral corrector = new Integral(run, i - 1, i, tau[i - 1], levels(run, i, order), true);
      step.keep(Transition.X, corrector.next(register(LAST_SAMPLE), register(LAST_NOISE), past));
    }
    step.keep(LAST_SAMPLE, X).keep(LAST_NOISE, NOISE);
    int order = Math.min(past + 1, lowerOrderFinal ? Math.min(predictorOrder, run.calls() - i) : predictorOrder);
    Integral predictor = new Integral(run, i, i + 1, tau[i], levels(run, i, order), false);
    return step.next(predictor.next(X, NOISE, past));
  }

  private int slot(int call) {
    return ANSWERS + call % (Math.max(predictorOrder, correctorOrder) + 1);
  }

  /** lambda at call i and the {@code order - 1} before it. */
  private static double[] levels(SolverLevels.Run run, int i, int order) {
    double[] lambdas = new double[order];
    for (int k = 0; k < order; k++) {
      lambdas[k] = run.lambda(i - k);
    }
    return lambdas;
  }

  /**
   * The step from level s to level t over the polynomial through the answers at {@code nodes}, the newest first
   * (arXiv:2309.05019, equations 14 and 17).
   */
  private final class Integral {

    private final SolverLevels.Run run;
    private final int s;
    private final int t;
    private final double tau;
    private final double[] nodes;
    private final boolean corrector;
    private final double h;

    Integral(SolverLevels.Run run, int s, int t, double tau, double[] nodes, boolean corrector) {
      this.run = run;
      this.s = s;
      this.t = t;
      this.tau = tau;
      this.nodes = nodes;
      this.corrector = corrector;
      this.h = run.lambda(t) - run.lambda(s);
    }

    /** @param newest call whose answer belongs to the first node */
    LinearCombination next(LinearCombination x, LinearCombination noise, int newest) {
      boolean data = output.data();
      LinearCombination next = data
          ? x.times(Math.exp(-tau * tau * h) * run.sigma(t) / run.sigma(s))
              .plus(noise.times(run.sigma(t) * Math.sqrt(-Math.expm1(-2 * tau * tau * h))))
          : x.times(run.alpha(t) / run.alpha(s)).plus(noise.times(tau * run.sigma(t) * Math.sqrt(Math.expm1(2 * h))));
      double scale = (1 + tau * tau) * (data ? run.alpha(t) : -run.sigma(t));
      double[] weights = new double[nodes.length];
      for (int k = 0; k < weights.length; k++) {
        weights[k] = weight(k, data ? 1 + tau * tau : -1);
      }
      if (data && nodes.length == 2) {
        double extra = secondOrderTerm();
        weights[0] += extra;
        weights[1] -= extra;
      }
      for (int k = 0; k < weights.length; k++) {
        next = next.plus(register(slot(newest - k)).times(scale * weights[k]));
      }
      return next;
    }

    /** The integral from -h to 0 of exp(rate * u) times the Lagrange polynomial of node k at lambda_t + u. */
    private double weight(int k, double rate) {
      double[] polynomial = {1}; // coefficients of u^0, u^1, ...
      for (int j = 0; j < nodes.length; j++) {
        if (j != k) {
          double scale = 1 / (nodes[k] - nodes[j]);
          double root = (run.lambda(t) - nodes[j]) * scale;
          double[] product = new double[polynomial.length + 1];
          for (int power = 0; power < polynomial.length; power++) {
            product[power] += polynomial[power] * root;
            product[power + 1] += polynomial[power] * scale;
          }
          polynomial = product;
        }
      }
      double integral = 0;
      double moment = -Math.expm1(-rate * h) / rate; // of u^0, then by parts of the next power
      double edge = Math.exp(-rate * h);
      for (int power = 0; power < polynomial.length; power++) {
        if (power > 0) {
          moment = (-Math.pow(-h, power) * edge - power * moment) / rate;
        }
        integral += polynomial[power] * moment;
      }
      return integral;
    }

    /** What keeps the second order exact where tau changes the process (arXiv:2309.05019, appendix E). */
    private double secondOrderTerm() {
      double rate = 1 + tau * tau;
      double rest = (h * rate - 1 + Math.exp(-rate * h)) / (rate * rate);
      return corrector ? h / 2 - rest / h : (h * h / 2 - rest) / (nodes[0] - nodes[1]);
    }
  }
}
