package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;

import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ancestral sampling as unCLIP's prior, decoder and super-resolution do it (Ramesh et al., arXiv:2204.06125): cosine
 * betas, timesteps spread over the whole chain with both ends included.
 */
final class UnClipScheduler implements Scheduler {

  static final String CLASS_NAME = "UnCLIPScheduler";

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final PredictionType predictionType;
  private final Nonlinearity limits;
  private final boolean learnedRange;

  UnClipScheduler(SchedulerConfig config) {
    schedule =
        NoiseSchedule.of(
            config.without("rescale_betas_zero_snr"),
            new NoiseSchedule.Defaults(1e-4, 0.02, "squaredcos_cap_v2", "squaredcos_cap_v2"));
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE);
    limits = X0Limits.clip(config, true);
    learnedRange =
        config.choice("variance_type", "fixed_small_log", "fixed_small_log", "learned_range").equals("learned_range");
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
    int steps = options.steps();
    if (steps < 2 || steps > trainTimesteps) {
      throw new IllegalArgumentException(
          CLASS_NAME + ": steps is " + steps + "; its timesteps include both ends of the chain, so it takes 2 to "
              + "num_train_timesteps = " + trainTimesteps);
    }
    double[] timesteps = new double[steps];
    double ratio = (trainTimesteps - 1) / (double) (steps - 1);
    for (int i = 0; i < steps; i++) {
      timesteps[i] = Math.rint((steps - 1 - i) * ratio);
    }
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < steps; i++) {
      transitions.add(transition((int) timesteps[i], i + 1 < steps ? (int) timesteps[i + 1] : (int) timesteps[i] - 1));
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  private Transition transition(int t, int s) {
    double alphaBar = schedule.alphaBar(t);
    double beta = s == t - 1 ? schedule.beta(t) : Posterior.of(alphaBar, schedule.alphaBar(s)).beta();
    Posterior posterior = Posterior.of(alphaBar, schedule.alphaBar(s), beta);
    TransitionBuilder step =
        TransitionBuilder.at(t).predict(predictionType.x0(Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)), limits);
    LinearCombination mean = PREDICTION.times(posterior.x0()).plus(X.times(posterior.xT()));
    if (t == 0) {
      return (learnedRange ? step.learnedVariance(new LearnedVariance.Ignored()) : step).next(mean);
    }
    if (learnedRange) {
      step.learnedVariance(
          new LearnedVariance.LogInterpolated(Math.log(posterior.variance()), Math.log(posterior.beta())));
      return step.next(mean.plus(NOISE));
    }
    double variance = Math.max(posterior.variance(), DdpmScheduler.MIN_VARIANCE);
    return step.next(mean.plus(NOISE.times(Math.sqrt(variance))));
  }
}
