package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.LinearCombination.register;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DPM-Solver++ along the stochastic process with a call half-way in log sigma (Lu et al., arXiv:2211.01095; Crowson's
 * k-diffusion): two network calls a step, with fresh noise after each. The noise comes from the run's own generator and
 * not from a Brownian tree. Step option: {@code s_noise}.
 */
final class DpmSolverSdeScheduler implements Scheduler {

  static final String CLASS_NAME = "DPMSolverSDEScheduler";

  /** The sample that the step began with. */
  private static final int START = Transition.SAVED;

  private final SigmaLevels levels;
  private final PredictionType predictionType;

  DpmSolverSdeScheduler(SchedulerConfig config) {
    levels = SigmaLevels.of(config.without("rescale_betas_zero_snr"), NoiseSchedule.Defaults.LATENT,
        SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA);
    predictionType = PredictionType.of(config, EPSILON, V);
    if (config.has("noise_sampler_seed")) {
      throw config.wrong("noise_sampler_seed", "left away; the noise comes from the run's own seed");
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
  public int callsPerStep() {
    return 2;
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    options.schedule(CLASS_NAME);
    double noise = options.step(CLASS_NAME, "s_noise").number("s_noise", 1);
    SigmaLevels.Levels run = levels.levels(options.steps());
    double[] once = SigmaSpacing.ending(run.sigmas(), 0);
    int calls = 2 * once.length - 3;
    double[] timesteps = new double[calls];
    double[] sigmas = new double[calls + 1]; // s0, s1, s1, ..., sn, sn, 0
    for (int i = 0; i < calls; i++) {
      sigmas[i] = once[(i + 1) / 2];
      timesteps[i] = i % 2 == 0
          ? run.timesteps()[i / 2]
          : SigmaSpacing.timestep(Math.sqrt(run.sigmas()[i / 2] * run.sigmas()[i / 2 + 1]), levels.logs());
    }
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < calls; i++) {
      boolean first = (i - options.startIndex()) % 2 == 0;
      transitions.add(first
          ? toMiddle(timesteps[i], sigmas[i], sigmas[i + 1], noise)
          : wholeStep(timesteps[i], sigmas[i - 1], sigmas[i], noise));
    }
    return table.sigmas(sigmas).initNoiseSigma(levels.initNoiseSigma(sigmas)).transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel).build();
  }

  private Transition toMiddle(double timestep, double sigma, double sigmaNext, double noise) {
    LinearCombination x0 = predictionType.x0Unscaled(X, sigma);
    TransitionBuilder step = at(timestep, sigma, x0);
    if (sigmaNext == 0) {
      return step.next(x0);
    }
    return step.keep(START, X).next(stepped(X, x0, sigma, middle(sigma, sigmaNext), noise));
  }

  private Transition wholeStep(double timestep, double sigma, double sigmaNext, double noise) {
    double middle = middle(sigma, sigmaNext);
    LinearCombination x0 = predictionType.x0Unscaled(X, middle);
    return at(timestep, middle, x0).next(stepped(register(START), x0, sigma, sigmaNext, noise));
  }

  private static TransitionBuilder at(double timestep, double sigma, LinearCombination x0) {
    return TransitionBuilder.at(timestep).inputScale(SigmaLevels.inputScale(sigma)).predict(x0,
        new Nonlinearity.Identity());
  }

  /** Half-way in log sigma, by float32 logarithms. */
  private static float middle(double sigma, double sigmaNext) {
    float t = -(float) Math.log(sigma);
    float next = -(float) Math.log(sigmaNext);
    return (float) Math.exp(-(t + (next - t) * 0.5f));
  }

  /**
   * Further down than {@code to}, and up again by fresh noise. In float32 as upstream: after a long step the level down
   * is the small difference of large numbers, and its rounding is part of the result.
   */
  private static LinearCombination stepped(LinearCombination x, LinearCombination x0, double from, double to,
      double noise) {
    float t = -(float) Math.log(from);
    float sigmaFrom = (float) Math.exp(-t);
    float sigmaTo = (float) Math.exp((float) Math.log(to));
    float from2 = sigmaFrom * sigmaFrom;
    float to2 = sigmaTo * sigmaTo;
    float up = Math.min(sigmaTo, (float) Math.sqrt(to2 * (from2 - to2) / from2));
    float down2 = to2 - up * up;
    float down = down2 >= 0 ? (float) Math.sqrt(down2) : (float) (to * to / from);
    float ancestral = -(float) Math.log(down);
    return x.times((float) Math.exp(-ancestral) / sigmaFrom)
        .minus(x0.times(Math.expm1(t - ancestral)))
        .plus(NOISE.times(noise * up));
  }
}
