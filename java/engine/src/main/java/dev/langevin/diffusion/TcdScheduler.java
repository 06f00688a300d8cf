package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.PredictionType.EPSILON;
import static dev.langevin.diffusion.PredictionType.SAMPLE;
import static dev.langevin.diffusion.PredictionType.V;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Strategic stochastic sampling of trajectory-consistency models: go deterministically to a time s below the next, then
 * add noise back up to it (Zheng et al., arXiv:2402.19159, algorithm 4).
 *
 * <p>
 * Step option {@code eta} (the paper's gamma, 0 to 1, default 0.3): 0 goes straight to the next time, 1 all the way to
 * x0. Of the configuration, {@code clip_sample} and {@code thresholding} have no effect: the class upstream has them
 * without use, and files carry them.
 */
final class TcdScheduler implements Scheduler {

  static final String CLASS_NAME = "TCDScheduler";

  private final NoiseSchedule schedule;
  private final int trainTimesteps;
  private final int originalSteps;
  private final PredictionType predictionType;

  TcdScheduler(SchedulerConfig config) {
    schedule = NoiseSchedule.of(config, NoiseSchedule.Defaults.of(0.00085, 0.012, "scaled_linear"));
    trainTimesteps = config.integer("num_train_timesteps", 1000);
    originalSteps = config.integer("original_inference_steps");
    predictionType = PredictionType.of(config, EPSILON, SAMPLE, V);
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
    SchedulerConfig step = options.step(CLASS_NAME, "eta");
    double eta = step.number("eta", 0.3);
    if (!(eta >= 0 && eta <= 1)) {
      throw step.wrong("eta", "from 0 (deterministic) to 1 (all the way to x0)");
    }
    SchedulerConfig schedules = options.schedule(CLASS_NAME, "timesteps", "strength", "original_inference_steps");
    double[] timesteps = timesteps(schedules, options.steps());
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    int lastCall = DistilledTimesteps.nominalSteps(schedules, options.steps()) - 1;
    for (int i = options.startIndex(); i < timesteps.length; i++) {
      int next = i + 1 < timesteps.length ? (int) timesteps[i + 1] : 0;
      transitions.add(transition((int) timesteps[i], next, eta, i == lastCall));
    }
    return table.transitions(transitions).noiseLevelsOf(schedule).build();
  }

  /** Unlike LCM, a number of original steps given for the run means the whole training chain. */
  private double[] timesteps(SchedulerConfig options, int steps) {
    int original = options.integer("original_inference_steps", originalSteps);
    boolean whole = options.has("original_inference_steps");
    int[] chain = DistilledTimesteps.sparse(CLASS_NAME, whole ? trainTimesteps : original, trainTimesteps);
    return DistilledTimesteps.of(options, CLASS_NAME, chain, original, trainTimesteps, steps);
  }

  private Transition transition(int t, int next, double eta, boolean last) {
    int s = (int) Math.floor((float) (1 - eta) * next); // a float32 product upstream: 0.7 * 750 must be 525
    double alphaBarT = schedule.alphaBar(t);
    double alphaBarS = schedule.alphaBar(s);
    double alpha = Math.sqrt(alphaBarT);
    double sigma = Math.sqrt(1 - alphaBarT);
    LinearCombination x0 = predictionType.x0(alpha, sigma);
    LinearCombination atS =
        x0.times(Math.sqrt(alphaBarS)).plus(predictionType.eps(alpha, sigma).times(Math.sqrt(1 - alphaBarS)));
    TransitionBuilder step = TransitionBuilder.at(t).predict(x0, new Nonlinearity.Identity());
    if (eta == 0 || last) {
      return step.next(atS);
    }
    float kept = (float) schedule.alphaBar(next) / (float) alphaBarS;
    return step.drawsNoise().next(atS.times(Math.sqrt(kept)).plus(NOISE.times(Math.sqrt(1f - kept))));
  }
}
