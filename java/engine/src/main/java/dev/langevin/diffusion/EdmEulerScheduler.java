package dev.langevin.diffusion;

import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link EulerScheduler} for EDM models. Step options: {@code s_churn}, {@code s_tmin}, {@code s_tmax},
 * {@code s_noise}. Schedule option {@code sigmas}: places from 0, the largest sigma, to 1, the smallest.
 */
final class EdmEulerScheduler implements Scheduler {

  static final String CLASS_NAME = "EDMEulerScheduler";

  private final EdmLevels levels;

  EdmEulerScheduler(SchedulerConfig config) {
    levels = EdmLevels.of(config);
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
  public Trajectory trajectory(TrajectoryOptions options) {
    SchedulerConfig step = options.step(CLASS_NAME, Churn.OPTIONS);
    SolverLevels.Run run = run(options);
    TransitionTable.Builder table = run.table(options).initNoiseSigma(levels.initNoiseSigma());
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < run.calls(); i++) {
      Churn churn = Churn.of(step, run.levels()[i], run.levels().length - 1);
      transitions.add(transition(run.timesteps()[i], churn, run.levels()[i + 1]));
    }
    return table.transitions(transitions).build();
  }

  private SolverLevels.Run run(TrajectoryOptions options) {
    SchedulerConfig schedule = options.schedule(CLASS_NAME, "sigmas");
    double[] places = schedule.numbers("sigmas");
    if (places == null) {
      return levels.run(options.steps());
    }
    if (places.length == 0 || !levels.karras()) {
      throw schedule.wrong("sigmas", "at least one place, and left away where sigma_schedule is exponential");
    }
    return levels.run(places);
  }

  private Transition transition(double timestep, Churn churn, double sigmaNext) {
    TransitionBuilder step = TransitionBuilder.at(timestep).inputScale(levels.inputScale(churn.sigma()));
    LinearCombination x0 = levels.x0(churn.sample(), churn.sigmaHat());
    if (churn.drawsNoise()) {
      step.keep(Transition.PREDICTION, x0); // it is made of the noise too, which a prediction cannot be
    } else {
      step.predict(x0, new Nonlinearity.Identity());
    }
    LinearCombination slope = churn.sample().minus(x0).over(churn.sigmaHat());
    return step.next(churn.sample().plus(slope.times(sigmaNext - churn.sigmaHat())));
  }
}
