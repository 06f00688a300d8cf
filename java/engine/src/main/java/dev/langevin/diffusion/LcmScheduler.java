package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Multistep sampling of latent consistency models: jump to x0, add noise back to the next level (Luo et al.,
 * arXiv:2310.04378, algorithm 3).
 *
 * <p>
 * The transition's PREDICTION ends as the consistency function's value, c_out * x0 + c_skip * x.
 */
final class LcmScheduler implements Scheduler {

  static final String CLASS_NAME = "LCMScheduler";

  /** Standard deviation of the data in the boundary condition (Song et al., arXiv:2303.01469, appendix C). */
  private static final double SIGMA_DATA = 0.5;

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final int originalSteps;
  private final PredictionType predictionType;
  private final Nonlinearity limits;
  private final double timestepScaling;

  LcmScheduler(SchedulerConfig config) {
    schedule = NoiseSchedule.of(config, NoiseSchedule.Defaults.of(0.00085, 0.012, "scaled_linear"));
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    originalSteps = config.integer("original_inference_steps");
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
    limits = X0Limits.of(config, false);
    timestepScaling = config.number("timestep_scaling");
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
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps", "strength", "original_inference_steps");
    int original = schedules.integer("original_inference_steps", originalSteps);
    int[] chain = DistilledTimesteps.sparse(CLASS_NAME, original, trainTimesteps);
    double[] timesteps =
        DistilledTimesteps.of(schedules, CLASS_NAME, chain, original, trainTimesteps, options.steps());
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    int lastCall = DistilledTimesteps.nominalSteps(schedules, options.steps()) - 1;
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      int next = (int) timesteps[Math.min(i + 1, timesteps.length - 1)];
      transitions.add(transition((int) timesteps[i], next, i == lastCall));
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  private Transition transition(int t, int s, boolean last) {
    double alphaBar = schedule.alphaBar(t);
    double scaled = t * timestepScaling;
    double norm = scaled * scaled + SIGMA_DATA * SIGMA_DATA;
    double skip = SIGMA_DATA * SIGMA_DATA / norm;
    double out = scaled / Math.sqrt(norm);
    TransitionBuilder step =
        TransitionBuilder.at(t)
            .predict(predictionType.x0(Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)), limits)
            .keep(Transition.PREDICTION, PREDICTION.times(out).plus(X.times(skip)));
    if (last) {
      return step.next(PREDICTION);
    }
    double alphaBarS = schedule.alphaBar(s);
    return step.next(PREDICTION.times(Math.sqrt(alphaBarS)).plus(NOISE.times(Math.sqrt(1 - alphaBarS))));
  }
}
