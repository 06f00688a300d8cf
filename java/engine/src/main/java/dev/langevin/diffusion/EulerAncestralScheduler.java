package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Euler's method down to a level below the next, then fresh noise up to it: the ancestral sampling of DDPM written in
 * sigmas (Song et al., arXiv:2011.13456, appendix F; Crowson's k-diffusion).
 */
final class EulerAncestralScheduler implements Scheduler {

  static final String CLASS_NAME = "EulerAncestralDiscreteScheduler";

  private static final int SLOPE = Transition.SAVED;

  private final SigmaLevels levels;
  private final PredictionType predictionType;

  /**
   * Where an ancestral step from {@code sigma} to {@code next} goes deterministically, and how much noise it adds
   * there.
   */
  record Split(double down, double up) {
    /**
     * up^2 = next^2 (sigma^2 - next^2) / sigma^2 and down^2 = next^2 - up^2, in float32 as upstream: after a long step
     * down is the small difference of large numbers, and its rounding is part of the result. Where it rounds to less
     * than 0, which upstream makes a NaN, down is taken from its exact value next^2 / sigma.
     */
    static Split of(double sigma, double next) {
      float from2 = (float) sigma * (float) sigma;
      float to2 = (float) next * (float) next;
      float up = (float) Math.sqrt(to2 * (from2 - to2) / from2);
      float down2 = to2 - up * up;
      return new Split(down2 >= 0 ? (float) Math.sqrt(down2) : next * next / sigma, up);
    }
  }

  EulerAncestralScheduler(SchedulerConfig config) {
    levels = SigmaLevels.of(config, NoiseSchedule.Defaults.DDPM);
    predictionType = PredictionType.of(config, EPSILON, V);
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
    options.step(CLASS_NAME);
    SigmaLevels.Levels run = levels.levels(options.steps());
    double[] timesteps = run.timesteps();
    double[] sigmas = SigmaSpacing.ending(run.sigmas(), 0);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition(timesteps[i], sigmas[i], sigmas[i + 1]));
    }
    return table
        .sigmas(sigmas)
        .initNoiseSigma(levels.initNoiseSigma(sigmas))
        .transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel)
        .build();
  }

  private Transition transition(double timestep, double sigma, double sigmaNext) {
    Split split = Split.of(sigma, sigmaNext);
    LinearCombination x0 = predictionType.x0Unscaled(X, sigma);
    TransitionBuilder step = TransitionBuilder.at(timestep)
        .inputScale(SigmaLevels.inputScale(sigma))
        .predict(x0, new Nonlinearity.Identity())
        .drawsNoise(); // the last step's too, although its noise level is 0
    LinearCombination moved;
    if (RoundedStep.at(sigma)) {
      RoundedStep.slope(step, SLOPE, sigma);
      moved = RoundedStep.moved(step, X, SLOPE, split.down() - sigma);
    } else {
      moved = X.plus(X.minus(x0).over(sigma).times(split.down() - sigma));
    }
    return step.next(moved.plus(NOISE.times(split.up())));
  }
}
