package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;
import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Multistep sampling of consistency models: jump to x0, add noise back to the next level (Song et al.,
 * arXiv:2303.01469, algorithm 1). The sample is x = x0 + sigma * eps; the network is shown x / sqrt(sigma^2 +
 * sigma_data^2) and the time 250 log sigma.
 *
 * <p>
 * Schedule option {@code timesteps}: indices into the levels of training, descending.
 */
final class ConsistencyScheduler implements Scheduler {

  static final String CLASS_NAME = "CMStochasticIterativeScheduler";

  private final int trainTimesteps;
  private final double sigmaMin;
  private final double sigmaMax;
  private final double sigmaData;
  private final double noiseScale;
  private final double rho;
  private final Nonlinearity limits;

  ConsistencyScheduler(SchedulerConfig config) {
    trainTimesteps = config.integer("num_train_timesteps", 40);
    if (trainTimesteps < 2) {
      throw config.wrong("num_train_timesteps", "at least 2");
    }
    sigmaMin = config.number("sigma_min", 0.002);
    sigmaMax = config.number("sigma_max", 80);
    sigmaData = config.number("sigma_data");
    noiseScale = config.number("s_noise");
    rho = config.number("rho");
    limits = config.flag("clip_denoised") ? new Nonlinearity.Clip(1) : new Nonlinearity.Identity();
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
  public Trajectory trajectory(TrajectoryOptions options) {
    options.step(CLASS_NAME);
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps");
    double[] indices =
        schedules.has("timesteps")
            ? CustomTimesteps.descending(schedules, trainTimesteps)
            : TimestepSpacing.LEADING.whole(trainTimesteps, options.steps(), 0);
    // The levels go down the ramp from 0 = sigma_max, so the lowest indices give the highest levels.
    double[] ramp = Arrays.stream(TimestepSpacing.reversed(indices)).map(i -> i / (trainTimesteps - 1)).toArray();
    double[] exact = SigmaSpacing.karras(sigmaMax, sigmaMin, rho, ramp);
    double[] timesteps = Arrays.stream(exact).map(sigma -> 1000 * 0.25 * Math.log(sigma)).toArray();
    double[] sigmas = SigmaSpacing.ending(exact, sigmaMin);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      transitions.add(transition(timesteps[i], sigmas[i], sigmas[i + 1], timesteps.length > 1));
    }
    return table
        .sigmas(sigmas)
        .initNoiseSigma(sigmaMax)
        .transitions(transitions)
        .noiseLevelsOfSigmas(SigmaLevels::noiseLevel)
        .build();
  }

  private Transition transition(double timestep, double sigma, double sigmaNext, boolean draws) {
    double fromMin = sigma - sigmaMin;
    double data = sigmaData * sigmaData;
    double norm = Math.sqrt(sigma * sigma + data);
    double skip = data / (fromMin * fromMin + data);
    double out = fromMin * sigmaData / norm;
    TransitionBuilder step =
        TransitionBuilder.at(timestep).inputScale(1 / norm).predict(MODEL.times(out).plus(X.times(skip)), limits);
    if (!draws) {
      return step.next(PREDICTION);
    }
    double to = Math.clamp(sigmaNext, sigmaMin, sigmaMax);
    double level = Math.sqrt(Math.max(0, to * to - sigmaMin * sigmaMin)); // sigma_min itself, in float32, may lie below
    return step.drawsNoise().next(PREDICTION.plus(NOISE.times(noiseScale * level)));
  }
}
