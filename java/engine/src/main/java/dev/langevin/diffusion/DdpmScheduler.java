package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ancestral sampling of the reverse chain: x_s ~ q(x_s | x_t, x0 predicted) (Ho et al., arXiv:2006.11239, algorithm 2),
 * with the learned variances of Nichol and Dhariwal, arXiv:2102.09672.
 */
final class DdpmScheduler implements Scheduler {

  static final String CLASS_NAME = "DDPMScheduler";

  /**
   * Below this a variance is taken as this, so that its logarithm stays finite (arXiv:2102.09672's code does the same).
   */
  static final double MIN_VARIANCE = 1e-20;

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final PredictionType predictionType;
  private final Nonlinearity limits;
  private final String varianceType;
  private final TimestepSpacing spacing;
  private final int offset;

  DdpmScheduler(SchedulerConfig config) {
    schedule = NoiseSchedule.of(config, NoiseSchedule.Defaults.DDPM.and("sigmoid", "laplace"));
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
    limits = X0Limits.of(config, true);
    // fixed_large_log is left out: it is the root of the (negative) logarithm of a variance
    varianceType =
        config.choice(
            "variance_type", "fixed_small", "fixed_small", "fixed_small_log", "fixed_large", "learned",
            "learned_range");
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
    options.step(CLASS_NAME);
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps");
    double[] timesteps =
        schedules.has("timesteps")
            ? CustomTimesteps.descending(schedules, trainTimesteps)
            : spacing.whole(trainTimesteps, options.steps(), offset);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      int t = (int) timesteps[i];
      int s = i + 1 < timesteps.length ? (int) timesteps[i + 1] : -1;
      transitions.add(transition(t, s));
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  private Transition transition(int t, int s) {
    double alphaBar = schedule.alphaBar(t);
    Posterior posterior = Posterior.of(alphaBar, schedule.alphaBar(s));
    double variance = Math.max(posterior.variance(), MIN_VARIANCE);
    TransitionBuilder step =
        TransitionBuilder.at(t).predict(predictionType.x0(Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)), limits);
    LinearCombination mean = PREDICTION.times(posterior.x0()).plus(X.times(posterior.xT()));
    boolean last = t == 0;
    return switch (varianceType) {
      case "learned" -> {
        step.learnedVariance(last ? new LearnedVariance.Ignored() : new LearnedVariance.Direct());
        yield step.next(last ? mean : mean.plus(NOISE));
      }
      case "learned_range" -> {
        double minLog = Math.log(variance);
        double maxLog = Math.log(posterior.beta());
        step.learnedVariance(
            last ? new LearnedVariance.Ignored() : new LearnedVariance.LogInterpolated(minLog, maxLog));
        yield step.next(last ? mean : mean.plus(NOISE));
      }
      default -> {
        double fixed = varianceType.equals("fixed_large") ? posterior.beta() : variance;
        yield step.next(last ? mean : mean.plus(NOISE.times(Math.sqrt(fixed))));
      }
    };
  }
}
