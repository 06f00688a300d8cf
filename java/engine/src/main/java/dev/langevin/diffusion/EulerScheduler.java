package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Euler's method along the probability-flow ODE, with optional fresh noise before each step (Karras et al.,
 * arXiv:2206.00364, algorithm 2 without its second-order correction).
 *
 * <p>
 * Step options: {@code s_churn}, {@code s_tmin}, {@code s_tmax}, {@code s_noise}. Schedule options: {@code timesteps},
 * or {@code sigmas} with the final one included.
 */
final class EulerScheduler implements Scheduler {

  static final String CLASS_NAME = "EulerDiscreteScheduler";

  private static final int SLOPE = Transition.SAVED;

  private final SigmaLevels levels;
  private final PredictionType predictionType;
  private final boolean logLinear;
  private final boolean continuousTime;
  private final boolean endsAtZero;

  EulerScheduler(SchedulerConfig config) {
    levels =
        SigmaLevels.of(
            config, NoiseSchedule.Defaults.DDPM, SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
    logLinear =
        config.choiceOf("interpolation_type", "linear", "log_linear").equals("log_linear");
    continuousTime =
        config.choiceOf("timestep_type", "discrete", "continuous").equals("continuous") && predictionType == V;
    endsAtZero = config.choiceOf("final_sigmas_type", "zero", "sigma_min").equals("zero");
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
    SchedulerConfig step = options.step(CLASS_NAME, Churn.OPTIONS);
    SigmaLevels.Levels run = levels(options); // with the final sigma
    double[] sigmas = run.sigmas();
    double[] timesteps = SigmaSpacing.toFloat32(run.timesteps());
    if (continuousTime) { // c_noise of Karras et al., table 1
      timesteps = Arrays.stream(sigmas).limit(sigmas.length - 1).map(s -> (float) (0.25 * Math.log(s))).toArray();
    }
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition(timesteps[i], Churn.of(step, sigmas[i], sigmas.length - 1), sigmas[i + 1]));
    }
    return table
        .sigmas(sigmas)
        .initNoiseSigma(levels.initNoiseSigma(sigmas))
        .transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel)
        .build();
  }

  private SigmaLevels.Levels levels(TrajectoryOptions options) {
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps", "sigmas");
    if (schedules.has("sigmas")) {
      return ofSigmas(schedules);
    }
    boolean custom = schedules.has("timesteps");
    if (custom && continuousTime) {
      throw schedules.wrong("timesteps", "left out where timestep_type is continuous; give sigmas instead");
    }
    SigmaLevels.Levels run = custom ? levels.levels(schedules) : levels.levels(options.steps());
    if (logLinear) {
      int steps = run.timesteps().length;
      double[] even = logLinear(steps);
      run =
          levels.sigmaSpacing() == SigmaSpacing.TIMESTEPS
              ? new SigmaLevels.Levels(run.timesteps(), even)
              : levels.respaced(even, steps);
    }
    double last = endsAtZero ? 0 : levels.smallest();
    return new SigmaLevels.Levels(run.timesteps(), SigmaSpacing.ending(run.sigmas(), last));
  }

  /**
   * Evenly in log sigma over the whole training range, in float32: one more than there are steps, before the final one.
   */
  private double[] logLinear(int steps) {
    float[] logs =
        NoiseSchedule.linspace((float) Math.log(levels.largest()), (float) Math.log(levels.smallest()), steps + 1);
    double[] sigmas = new double[logs.length];
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = (float) Math.exp(logs[i]);
    }
    return sigmas;
  }

  private SigmaLevels.Levels ofSigmas(SchedulerConfig options) {
    double[] sigmas = SigmaSpacing.toFloat32(options.numbers("sigmas"));
    if (options.has("timesteps")) {
      throw options.wrong("timesteps", "left out where sigmas are given");
    }
    if (sigmas.length < 2) {
      throw options.wrong("sigmas", "at least one level and the final one");
    }
    double[] timesteps = new double[sigmas.length - 1];
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = SigmaSpacing.timestepOfFloat32(sigmas[i], levels.logs());
    }
    return new SigmaLevels.Levels(timesteps, sigmas);
  }

  private Transition transition(double timestep, Churn churn, double sigmaNext) {
    TransitionBuilder step = TransitionBuilder.at(timestep).inputScale(SigmaLevels.inputScale(churn.sigma()));
    // The velocity is read at the level that the network was shown, the noise at the raised one.
    LinearCombination x0 =
        predictionType.x0Unscaled(churn.sample(), predictionType == V ? churn.sigma() : churn.sigmaHat());
    if (churn.drawsNoise()) {
      step.keep(Transition.PREDICTION, x0); // it is made of the noise too, which a prediction cannot be
    } else {
      step.predict(x0, new Nonlinearity.Identity());
    }
    if (!churn.drawsNoise() && RoundedStep.at(churn.sigma())) {
      RoundedStep.slope(step, SLOPE, churn.sigma());
      return step.next(RoundedStep.moved(step, X, SLOPE, sigmaNext - churn.sigma()));
    }
    LinearCombination derivative = churn.sample().minus(x0).over(churn.sigmaHat());
    return step.next(churn.sample().plus(derivative.times(sigmaNext - churn.sigmaHat())));
  }
}
