package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.ZERO;
import static dev.langevin.diffusion.LinearCombination.register;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.V;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Pseudo numerical methods on the manifold (Liu et al., arXiv:2202.09778): Adams-Bashforth over the last four answers
 * (PLMS), after three steps of Runge-Kutta with four calls each (PRK), or, with {@code skip_prk_steps}, after a Heun
 * step and lower orders.
 *
 * <p>
 * A run that starts part-way begins its warm-up there. What a call does depends on how many were made, not on its
 * timestep.
 */
final class PndmScheduler implements Scheduler {

  static final String CLASS_NAME = "PNDMScheduler";

  private static final int ORDER = 4;

  /** Calls of the Runge-Kutta warm-up: three steps of four. */
  private static final int PRK_CALLS = 12;

  /** The last four answers, a ring. */
  private static final int ANSWERS = Transition.SAVED;

  /** The sample that the present step began with. */
  private static final int START = ANSWERS + ORDER;

  /** Sum of the present Runge-Kutta step's answers so far. */
  private static final int SUM = START + 1;

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final PredictionType predictionType;
  private final boolean skipPrk;
  private final double finalAlphaBar;
  private final TimestepSpacing spacing;
  private final int offset;

  PndmScheduler(SchedulerConfig config) {
    // this class does not rescale to zero terminal SNR, whatever its configuration says
    schedule = NoiseSchedule.of(config.without("rescale_betas_zero_snr"), NoiseSchedule.Defaults.DDPM);
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    predictionType = PredictionType.of(config, EPSILON, V);
    skipPrk = config.flag("skip_prk_steps");
    finalAlphaBar = config.flag("set_alpha_to_one", false) ? 1 : schedule.alphaBar(0);
    spacing = TimestepSpacing.of(config, TimestepSpacing.LEADING);
    offset = config.integer("steps_offset");
  }

  @Override
  public String className() {
    return CLASS_NAME;
  }

  @Override
  public int trainTimesteps() {
    return trainTimesteps;
  }

  @Override
  public Optional<NoiseSchedule> noiseSchedule() {
    return Optional.of(schedule);
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    options.schedule(CLASS_NAME);
    options.step(CLASS_NAME);
    double[] timesteps = timesteps(options.steps());
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    int stride = trainTimesteps / options.steps();
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      int call = i - options.startIndex();
      int t = (int) timesteps[i];
      if (skipPrk) {
        transitions.add(multistep(call, t, stride));
      } else if (call < PRK_CALLS) {
        transitions.add(rungeKutta(call, t, (int) timesteps[call / 4 * 4], stride / 2));
      } else {
        transitions.add(fullOrder(call - PRK_CALLS + 3, t, stride));
      }
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  private double[] timesteps(int steps) {
    double[] whole = spacing.whole(trainTimesteps, steps, offset);
    int n = whole.length;
    if (skipPrk) { // the second is visited twice: once by the half-blind first step, once by its correction
      double[] timesteps = new double[n == 1 ? 1 : n + 1];
      System.arraycopy(whole, 0, timesteps, 0, Math.min(n, 2));
      if (n > 1) {
        System.arraycopy(whole, 1, timesteps, 2, n - 1);
      }
      return timesteps;
    }
    if (n < ORDER) {
      throw new IllegalArgumentException(
          CLASS_NAME + ": the Runge-Kutta warm-up takes at least " + ORDER + " steps, not " + n
              + "; use more steps or set skip_prk_steps");
    }
    // Each of three steps from t to s visits t, the middle twice, and s.
    double middle = trainTimesteps / steps / 2;
    double[] timesteps = new double[PRK_CALLS + n - 3];
    for (int k = 0; k < 3; k++) {
      timesteps[4 * k] = whole[k];
      timesteps[4 * k + 1] = whole[k + 1] + middle;
      timesteps[4 * k + 2] = whole[k + 1] + middle;
      timesteps[4 * k + 3] = whole[k + 1];
    }
    System.arraycopy(whole, 3, timesteps, PRK_CALLS, n - 3);
    return timesteps;
  }

  /** One of the four calls of a Runge-Kutta step that began at {@code from}. */
  private Transition rungeKutta(int call, int t, int from, int half) {
    int stage = call % 4;
    TransitionBuilder step = TransitionBuilder.at(t);
    LinearCombination sum = stage == 0 ? ZERO : register(SUM);
    switch (stage) {
      case 0 -> step.keep(START, X).keep(ANSWERS + call / 4, MODEL).keep(SUM, MODEL.times(1.0 / 6));
      case 1, 2 -> step.keep(SUM, sum.plus(MODEL.times(1.0 / 3)));
      default -> {}
    }
    LinearCombination eps = stage == 3 ? sum.plus(MODEL.times(1.0 / 6)) : MODEL;
    int to = stage % 2 == 0 ? t - half : t;
    return step.next(moved(register(START), eps, from, to));
  }

  /** Call number {@code call} of a run without Runge-Kutta steps. */
  private Transition multistep(int call, int t, int stride) {
    TransitionBuilder step = TransitionBuilder.at(t);
    return switch (call) {
      case 0 -> step.keep(ANSWERS, MODEL).keep(START, X).next(moved(register(START), MODEL, t, t - stride));
      case 1 -> step.next(moved(register(START), MODEL.plus(register(ANSWERS)).over(2), t + stride, t));
      case 2 -> {
        LinearCombination eps = MODEL.times(3).minus(register(ANSWERS)).over(2);
        yield step.keep(ANSWERS + 1, MODEL).next(moved(X, eps, t, t - stride));
      }
      case 3 -> {
        LinearCombination eps =
            MODEL.times(23).minus(register(ANSWERS + 1).times(16)).plus(register(ANSWERS).times(5)).over(12);
        yield step.keep(ANSWERS + 2, MODEL).next(moved(X, eps, t, t - stride));
      }
      default -> fullOrder(call - 1, t, stride);
    };
  }

  /** A fourth-order step; {@code answers} were kept before. */
  private Transition fullOrder(int answers, int t, int stride) {
    LinearCombination eps =
        MODEL
            .times(55)
            .minus(register(ANSWERS + (answers - 1) % ORDER).times(59))
            .plus(register(ANSWERS + (answers - 2) % ORDER).times(37))
            .minus(register(ANSWERS + (answers - 3) % ORDER).times(9))
            .over(24);
    return TransitionBuilder.at(t).keep(ANSWERS + answers % ORDER, MODEL).next(moved(X, eps, t, t - stride));
  }

  /** The sample moved from time t to s along the answer (equation 11 of the paper). */
  private LinearCombination moved(LinearCombination sample, LinearCombination answer, int t, int s) {
    double from = schedule.alphaBar(t);
    double to = s >= 0 ? schedule.alphaBar(s) : finalAlphaBar;
    LinearCombination eps =
        predictionType == V ? answer.times(Math.sqrt(from)).plus(sample.times(Math.sqrt(1 - from))) : answer;
    double divisor = from * Math.sqrt(1 - to) + Math.sqrt(from * (1 - from) * to);
    return sample.times(Math.sqrt(to / from)).minus(eps.times((to - from) / divisor));
  }
}
