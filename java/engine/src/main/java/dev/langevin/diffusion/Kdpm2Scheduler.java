package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The midpoint method in log sigma (DPM-Solver-2: Lu et al., arXiv:2206.00927; with the levels of Karras et al.,
 * arXiv:2206.00364, algorithm 2), deterministic or ancestral: a step first goes to the geometric mean of its two
 * levels, asks the network there, and takes the whole step along that slope. Two network calls a step, one for the
 * last.
 */
final class Kdpm2Scheduler implements Scheduler {

  static final String CLASS_NAME = "KDPM2DiscreteScheduler";

  static final String ANCESTRAL_CLASS_NAME = "KDPM2AncestralDiscreteScheduler";

  /** The sample that the step began with. */
  private static final int START = Transition.SAVED;

  private static final int SLOPE = START + 1;

  private final boolean ancestral;
  private final SigmaLevels levels;
  private final PredictionType predictionType;

  /** @param ancestral whether steps go further down and add fresh noise, as {@link EulerAncestralScheduler} does */
  Kdpm2Scheduler(SchedulerConfig config, boolean ancestral) {
    this.ancestral = ancestral;
    levels =
        SigmaLevels.of(
            config.without("rescale_betas_zero_snr"),
            NoiseSchedule.Defaults.LATENT,
            SigmaSpacing.KARRAS,
            SigmaSpacing.EXPONENTIAL,
            SigmaSpacing.BETA);
    predictionType = PredictionType.of(config, EPSILON, V);
  }

  @Override
  public String className() {
    return ancestral ? ANCESTRAL_CLASS_NAME : CLASS_NAME;
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
    options.schedule(className());
    options.step(className());
    SigmaLevels.Levels run = levels.levels(options.steps());
    double[] whole = run.timesteps();
    if (levels.sigmaSpacing() == SigmaSpacing.KARRAS) {
      whole = Arrays.stream(whole).map(Math::rint).toArray();
    }
    double[] sigmas = SigmaSpacing.ending(run.sigmas(), 0);
    int steps = whole.length;
    double[] timesteps = new double[2 * steps - 1];
    double[] middles = new double[steps]; // middles[k]: between sigmas[k] and where step k goes
    for (int k = 0; k < steps; k++) {
      middles[k] = middle(down(sigmas[k], sigmas[k + 1]), sigmas[k]);
      timesteps[2 * k] = whole[k];
      if (k + 1 < steps) {
        timesteps[2 * k + 1] = (float) SigmaSpacing.timestepOfFloat32(middles[k], levels.logs());
      }
    }
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      boolean first = (i - options.startIndex()) % 2 == 0;
      int k = i / 2;
      transitions.add(
          first
              ? toMiddle(timesteps[i], sigmas[k], middles[k])
              : wholeStep(timesteps[i], sigmas[k], middles[k], sigmas[k + 1]));
    }
    double[] listed = listed(sigmas);
    return table
        .sigmas(listed)
        .initNoiseSigma(levels.initNoiseSigma(sigmas))
        .transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel)
        .build();
  }

  /** One sigma a network call: s0, s1, s1, s2, s2, ..., 0, 0, 0. */
  private static double[] listed(double[] sigmas) {
    double[] listed = new double[2 * sigmas.length];
    for (int i = 0; i + 1 < listed.length; i++) {
      listed[i] = sigmas[(i + 1) / 2];
    }
    return listed;
  }

  /** Geometric mean, by float32 logarithms; 0 if {@code low} is. */
  private static float middle(double low, double high) {
    float a = (float) Math.log(low);
    float b = (float) Math.log(high);
    return (float) Math.exp(b - (b - a) * 0.5f);
  }

  private double down(double sigma, double next) {
    return ancestral ? EulerAncestralScheduler.Split.of(sigma, next).down() : next;
  }

  private Transition toMiddle(double timestep, double sigma, double middle) {
    LinearCombination x0 = predictionType.x0Unscaled(X, sigma);
    TransitionBuilder step = at(timestep, sigma, x0).keep(START, X);
    return step.next(moved(step, X, x0, sigma, sigma, middle - sigma));
  }

  private Transition wholeStep(double timestep, double sigma, double middle, double next) {
    LinearCombination x0 = predictionType.x0Unscaled(X, middle);
    TransitionBuilder step = at(timestep, middle, x0);
    LinearCombination moved = moved(step, register(START), x0, sigma, middle, down(sigma, next) - sigma);
    if (!ancestral) {
      return step.next(moved);
    }
    return step.drawsNoise().next(moved.plus(NOISE.times(EulerAncestralScheduler.Split.of(sigma, next).up())));
  }

  /** {@code from + dt * slope}, the slope at level {@code asked} of a step that began at {@code sigma}. */
  private static LinearCombination moved(
      TransitionBuilder step, LinearCombination from, LinearCombination x0, double sigma, double asked, double dt) {
    if (RoundedStep.at(sigma)) {
      RoundedStep.slope(step, SLOPE, asked);
      return RoundedStep.moved(step, from, SLOPE, dt);
    }
    return from.plus(X.minus(x0).over(asked).times(dt));
  }

  private static TransitionBuilder at(double timestep, double sigma, LinearCombination x0) {
    return TransitionBuilder.at(timestep)
        .inputScale(SigmaLevels.inputScale(sigma))
        .predict(x0, new Nonlinearity.Identity());
  }
}
