package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;

import dev.langevin.diffusion.DpmSolverWeights.Algorithm;
import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.ArrayList;
import java.util.List;

/** {@link DpmSolverMultistepScheduler} for EDM models. */
final class EdmDpmSolverScheduler implements Scheduler {

  static final String CLASS_NAME = "EDMDPMSolverMultistepScheduler";

  private final EdmLevels levels;
  private final DpmSolverSteps solver;
  private final Nonlinearity limits;

  EdmDpmSolverScheduler(SchedulerConfig config) {
    levels = EdmLevels.of(config);
    Algorithm algorithm = Algorithm.of(config, Algorithm.DATA_ODE, Algorithm.DATA_SDE);
    solver = DpmSolverSteps.of(config, algorithm, levels.endsAtZero());
    limits = X0Limits.of(config.without("clip_sample"), false);
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
    options.step(CLASS_NAME);
    options.schedule(CLASS_NAME);
    SolverLevels.Run run = levels.float32Run(options.steps());
    TransitionTable.Builder table = run.table(options).initNoiseSigma(levels.initNoiseSigma());
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < run.calls(); i++) {
      double sigma = run.levels()[i];
      TransitionBuilder step = TransitionBuilder.at(run.timesteps()[i])
          .inputScale(levels.inputScale(sigma))
          .predict(levels.x0(X, sigma), limits);
      transitions.add(solver.step(step, PREDICTION, run, i, i - options.startIndex()));
    }
    return table.transitions(transitions).build();
  }
}
