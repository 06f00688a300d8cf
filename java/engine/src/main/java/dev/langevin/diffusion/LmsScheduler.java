package dev.langevin.diffusion;

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
 * Linear multistep method: integrates the polynomial through the last slopes (Adams-Bashforth over uneven levels;
 * Crowson's k-diffusion). Step option {@code order}, 1 to 12, default 4.
 */
final class LmsScheduler implements Scheduler {

  static final String CLASS_NAME = "LMSDiscreteScheduler";

  /** The last slopes, a ring of as many as the order. */
  private static final int SLOPES = Transition.SAVED;

  private final SigmaLevels levels;
  private final PredictionType predictionType;

  LmsScheduler(SchedulerConfig config) {
    levels =
        SigmaLevels.of(
            config.without("rescale_betas_zero_snr"),
            NoiseSchedule.Defaults.DDPM,
            SigmaSpacing.KARRAS,
            SigmaSpacing.EXPONENTIAL,
            SigmaSpacing.BETA);
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
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
    options.schedule(CLASS_NAME);
    SchedulerConfig step = options.step(CLASS_NAME, "order");
    int order = step.integer("order", 4);
    if (order < 1 || order > Transition.MAX_REGISTERS - SLOPES) {
      throw step.wrong("order", "from 1 to " + (Transition.MAX_REGISTERS - SLOPES));
    }
    SigmaLevels.Levels run = levels.levels(options.steps());
    double[] timesteps = SigmaSpacing.toFloat32(run.timesteps());
    double[] sigmas = SigmaSpacing.ending(run.sigmas(), 0);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition(timesteps[i], sigmas, i, i - options.startIndex(), order));
    }
    return table
        .sigmas(sigmas)
        .initNoiseSigma(levels.initNoiseSigma(sigmas))
        .transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel)
        .build();
  }

  /** @param call how many slopes were kept before: fewer than the index where a run starts part-way */
  private Transition transition(double timestep, double[] sigmas, int index, int call, int order) {
    double sigma = sigmas[index];
    LinearCombination x0 = predictionType.x0Unscaled(X, sigma);
    TransitionBuilder step =
        TransitionBuilder.at(timestep)
            .inputScale(SigmaLevels.inputScale(sigma))
            .predict(x0, new Nonlinearity.Identity());
    if (RoundedStep.at(sigma)) {
      RoundedStep.slope(step, SLOPES + call % order, sigma);
    } else {
      step.keep(SLOPES + call % order, X.minus(x0).over(sigma));
    }
    // A run that starts part-way takes the weights of its full order but has no slopes from before: those terms are
    // missing,
    // upstream too, for its first steps.
    int current = Math.min(index + 1, order);
    LinearCombination next = X;
    for (int k = 0; k < current && k <= call; k++) {
      next = next.plus(register(SLOPES + (call - k) % order).times(weight(sigmas, index, k, current)));
    }
    return step.next(next);
  }

  /**
   * The integral from sigma_i to sigma_(i+1) of the Lagrange polynomial that is 1 at sigma_(i-k) and 0 at the other
   * {@code order - 1} levels up to sigma_i; exact, by expanding it in u = (sigma - sigma_i) / (sigma_(i+1) - sigma_i).
   */
  private static double weight(double[] sigmas, int i, int k, int order) {
    double width = sigmas[i + 1] - sigmas[i];
    double[] polynomial = new double[order]; // coefficients of u^0, u^1, ...
    polynomial[0] = 1;
    for (int j = 0; j < order; j++) {
      if (j == k) {
        continue;
      }
      double scale = 1 / (sigmas[i - k] - sigmas[i - j]);
      double root = (sigmas[i] - sigmas[i - j]) * scale;
      for (int power = order - 1; power >= 0; power--) {
        double below = power > 0 ? polynomial[power - 1] : 0;
        polynomial[power] = polynomial[power] * root + below * width * scale;
      }
    }
    double integral = 0;
    for (int power = 0; power < order; power++) {
      integral += polynomial[power] / (power + 1);
    }
    return integral * width;
  }
}
