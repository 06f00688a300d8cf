package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;
import static dev.langevin.diffusion.LinearCombination.register;

import java.util.ArrayList;
import java.util.List;

/**
 * Heun's method along a rectified flow: two network calls a step. Step options: {@code s_churn}, {@code s_tmin},
 * {@code s_tmax}, {@code s_noise}.
 */
final class FlowMatchHeunScheduler implements Scheduler {

  static final String CLASS_NAME = "FlowMatchHeunDiscreteScheduler";

  /** The slope of the step's first call. */
  private static final int SLOPE = Transition.SAVED;

  /** The sample that the step began with. */
  private static final int START = SLOPE + 1;

  private final FlowShift shift;
  private final FlowLevels levels;

  FlowMatchHeunScheduler(SchedulerConfig config) {
    shift = FlowShift.of(config);
    levels = FlowLevels.of(config);
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
  public int callsPerStep() {
    return 2;
  }

  @Override
  public Trajectory trajectory(TrajectoryOptions options) {
    SchedulerConfig churns = options.step(CLASS_NAME, Churn.OPTIONS);
    SchedulerConfig schedules = options.schedule(CLASS_NAME);
    double[] once = levels.even(options.steps());
    shift.in(schedules).apply(once);
    int calls = 2 * once.length - 1;
    double[] sigmas = new double[calls + 1]; // s0, s1, s1, ..., sn, sn, 0
    for (int i = 0; i < calls; i++) {
      sigmas[i] = (float) once[(i + 1) / 2];
    }
    double[] timesteps = levels.timesteps(sigmas, calls);
    TransitionTable.Builder table = TransitionTable.of(timesteps, options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < calls; i++) {
      boolean first = (i - options.startIndex()) % 2 == 0;
      Churn churn = Churn.of(churns, sigmas[first ? i : i - 1], calls);
      transitions.add(first
          ? euler(timesteps[i], churn, sigmas[i + 1])
          : corrected(timesteps[i], churn, sigmas[i]));
    }
    // upstream adds the noise of the run's start whatever the timestep, and a run asks for no other
    Trajectory.NoiseLevel start = FlowLevels.noiseLevel(sigmas[options.startIndex()]);
    return table.sigmas(sigmas).initNoiseSigma(1).transitions(transitions).noiseLevels(t -> start).build();
  }

  private static Transition euler(double timestep, Churn churn, double sigmaNext) {
    return TransitionBuilder.at(timestep)
        .keep(START, churn.sample())
        .keep(SLOPE, MODEL.times(churn.sigma() / churn.sigmaHat()))
        .next(register(START).plus(register(SLOPE).times(sigmaNext - churn.sigmaHat())));
  }

  private static Transition corrected(double timestep, Churn churn, double sigmaNext) {
    TransitionBuilder step = TransitionBuilder.at(timestep);
    if (churn.drawsNoise()) {
      step.drawsNoise(); // drawn here too, to no effect, so that later draws are the same
    }
    LinearCombination mean = register(SLOPE).plus(MODEL).over(2);
    return step.next(register(START).plus(mean.times(sigmaNext - churn.sigmaHat())));
  }
}
