package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DEIS: integrates over rho = sigma / alpha the polynomial in log rho through the last predictions of the noise (Zhang
 * and Chen, arXiv:2204.13902, section 3.3).
 */
final class DeisScheduler implements Scheduler {

  static final String CLASS_NAME = "DEISMultistepScheduler";

  /** The last predictions, a ring of as many as the order. */
  private static final int ANSWERS = Transition.SAVED;

  /** Shorter runs end with lower orders, which are stable for long steps. */
  private static final int SHORT_RUN = 15;

  private final SolverLevels levels;
  private final SolverOutput output;
  private final int order;
  private final boolean lowerOrderFinal;

  DeisScheduler(SchedulerConfig config) {
    levels = new SolverLevels(config,
        new SigmaSpacing[] {SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA});
    output = SolverOutput.of(config, false, PredictionType.values());
    config.choice("algorithm_type", "deis", "deis", "dpmsolver", "dpmsolver++");
    config.choice("solver_type", "logrho", "logrho", "midpoint", "heun", "bh1", "bh2");
    order = config.integer("solver_order");
    if (order < 1 || order > 3) {
      throw config.wrong("solver_order", "1, 2 or 3");
    }
    lowerOrderFinal = config.flag("lower_order_final", true);
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
    SolverLevels.Run run = levels.run(options.steps(), options.schedule(CLASS_NAME, "mu"));
    TransitionTable.Builder table = run.table(options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < run.calls(); i++) {
      transitions.add(transition(run, i, i - options.startIndex()));
    }
    return table.transitions(transitions).build();
  }

  /** @param past predictions that there are from before */
  private Transition transition(SolverLevels.Run run, int i, int past) {
    double alpha = run.alpha(i);
    double sigma = run.sigma(i);
    TransitionBuilder step = output.begin(run.timesteps()[i], alpha, sigma)
        .keep(ANSWERS + past % order, output.value(alpha, sigma));
    boolean lower = lowerOrderFinal && run.calls() < SHORT_RUN;
    int current = Math.min(past + 1, lower ? Math.min(order, run.calls() - i) : order);
    double[] logs = new double[current]; // of rho at the levels of the last predictions, the newest first
    for (int k = 0; k < current; k++) {
      logs[k] = -run.lambda(i - k);
    }
    LinearCombination next = X.over(alpha);
    for (int k = 0; k < current; k++) {
      double weight = integral(-run.lambda(i + 1), logs, k) - integral(logs[0], logs, k);
      next = next.plus(register(ANSWERS + (past - k) % order).times(weight));
    }
    return step.next(next.times(run.alpha(i + 1)));
  }

  /**
   * At rho = exp(u), the antiderivative over rho of the Lagrange polynomial in log rho that is 1 at {@code logs[k]} and
   * 0 at the others.
   */
  private static double integral(double u, double[] logs, int k) {
    double scale = 1;
    double[] roots = new double[logs.length - 1];
    int count = 0;
    for (int j = 0; j < logs.length; j++) {
      if (j != k) {
        scale *= logs[k] - logs[j];
        roots[count++] = logs[j];
      }
    }
    double rho = Math.exp(u);
    return switch (count) {
      case 0 -> rho;
      case 1 -> rho * (u - roots[0] - 1) / scale;
      default -> rho * (u * u - 2 * u + 2 - (roots[0] + roots[1]) * (u - 1) + roots[0] * roots[1]) / scale;
    };
  }
}
