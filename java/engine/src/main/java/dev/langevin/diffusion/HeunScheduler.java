package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Heun's second-order method along the probability-flow ODE (Karras et al., arXiv:2206.00364, algorithm 1): an Euler
 * step, then the same step with the mean of both slopes. Two network calls a step, one for the last.
 */
final class HeunScheduler implements Scheduler {

  static final String CLASS_NAME = "HeunDiscreteScheduler";

  /** The slope of the step's first call. */
  private static final int SLOPE = Transition.SAVED;

  /** The sample that the step began with. */
  private static final int START = SLOPE + 1;

  /** The slope of a rounded step's second call, then the moved sample. */
  private static final int SECOND = SLOPE + 2;

  private final SigmaLevels levels;
  private final PredictionType predictionType;
  private final Nonlinearity limits;

  HeunScheduler(SchedulerConfig config) {
    levels =
        SigmaLevels.of(
            config.without("rescale_betas_zero_snr"),
            NoiseSchedule.Defaults.LATENT.and("exp"),
            SigmaSpacing.KARRAS,
            SigmaSpacing.EXPONENTIAL,
            SigmaSpacing.BETA);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
    limits = X0Limits.clip(config, false);
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
  public int callsPerStep() {
    return 2;
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    options.step(CLASS_NAME);
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps");
    SigmaLevels.Levels run = schedules.has("timesteps") ? levels.levels(schedules) : levels.levels(options.steps());
    double[] timesteps = SigmaSpacing.toFloat32(doubled(run.timesteps(), run.timesteps().length));
    double[] once = SigmaSpacing.ending(run.sigmas(), 0);
    double[] sigmas = doubled(once, once.length - 1); // s0, s1, s1, ..., sn, sn, 0
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    boolean rounded = RoundedStep.at(sigmas[options.startIndex()]); // later steps too: they still carry large samples
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      boolean first = (i - options.startIndex()) % 2 == 0;
      transitions.add(
          first
              ? euler(timesteps[i], sigmas[i], sigmas[i + 1], rounded)
              : corrected(timesteps[i], sigmas[i - 1], sigmas[i], rounded));
    }
    return table
        .sigmas(sigmas)
        .initNoiseSigma(levels.initNoiseSigma(sigmas))
        .transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel)
        .build();
  }

  /** The values with those from index 1 to before {@code end} repeated once. */
  private static double[] doubled(double[] values, int end) {
    List<Double> all = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      all.add(values[i]);
      if (i > 0 && i < end) {
        all.add(values[i]);
      }
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private Transition euler(double timestep, double sigma, double sigmaNext, boolean rounded) {
    TransitionBuilder step = at(timestep, sigma);
    step.keep(START, X);
    if (rounded) {
      RoundedStep.slope(step, SLOPE, sigma);
      step.keep(SECOND, register(SLOPE));
      return step.next(RoundedStep.moved(step, X, SECOND, sigmaNext - sigma));
    }
    return step.keep(SLOPE, slope(sigma))
        .next(register(START).plus(register(SLOPE).times(sigmaNext - sigma)));
  }

  private Transition corrected(double timestep, double sigma, double sigmaNext, boolean rounded) {
    TransitionBuilder step = at(timestep, sigmaNext);
    if (rounded) {
      RoundedStep.slope(step, SECOND, sigmaNext);
      step.keep(SECOND, register(SLOPE).plus(register(SECOND)).over(2));
      return step.next(RoundedStep.moved(step, register(START), SECOND, sigmaNext - sigma));
    }
    LinearCombination mean = register(SLOPE).plus(slope(sigmaNext)).over(2);
    return step.next(register(START).plus(mean.times(sigmaNext - sigma)));
  }

  private TransitionBuilder at(double timestep, double sigma) {
    return TransitionBuilder.at(timestep)
        .inputScale(SigmaLevels.inputScale(sigma))
        .predict(predictionType.x0Unscaled(X, sigma), limits);
  }

  /** dx / dsigma at the present sample. */
  private LinearCombination slope(double sigma) {
    LinearCombination x0 =
        limits instanceof Nonlinearity.Identity ? predictionType.x0Unscaled(X, sigma) : PREDICTION;
    return X.minus(x0).over(sigma);
  }
}
