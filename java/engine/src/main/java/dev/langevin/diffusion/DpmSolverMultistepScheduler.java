package dev.langevin.diffusion;

import dev.langevin.diffusion.DpmSolverWeights.Algorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * DPM-Solver and DPM-Solver++ of order 1 to 3 with the answers of past steps, along the differential equation or the
 * stochastic process (Lu et al., arXiv:2206.00927 and arXiv:2211.01095, algorithm 2).
 */
final class DpmSolverMultistepScheduler implements Scheduler {

  static final String CLASS_NAME = "DPMSolverMultistepScheduler";

  private final SolverLevels levels;
  private final SolverOutput output;
  private final DpmSolverSteps solver;

  DpmSolverMultistepScheduler(SchedulerConfig config) {
    levels = new SolverLevels(config,
        new SigmaSpacing[] {SigmaSpacing.KARRAS, SigmaSpacing.EXPONENTIAL, SigmaSpacing.BETA, SigmaSpacing.LU_LAMBDAS},
        SolverLevels.Trait.CHOOSES_END, SolverLevels.Trait.ENDS_AT_TRAINING, SolverLevels.Trait.TRUNCATES_COSINE);
    Algorithm algorithm = Algorithm.of(config, Algorithm.values());
    algorithm.requireEnd(config, levels.endsAtZero());
    output = algorithm.data()
        ? SolverOutput.of(config, true, PredictionType.values())
        : SolverOutput.of(config, false, PredictionType.EPSILON, PredictionType.SAMPLE, PredictionType.V);
    solver = DpmSolverSteps.of(config, algorithm, levels.endsAtZero());
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
    options.step(CLASS_NAME);
    SolverLevels.Run run = levels.run(options.steps(), options.schedule(CLASS_NAME, "timesteps", "mu"));
    TransitionTable.Builder table = run.table(options);
    List<Transition> transitions = new ArrayList<>();
    for (int i = options.startIndex(); i < run.calls(); i++) {
      transitions.add(transition(run, i, i - options.startIndex()));
    }
    return table.transitions(transitions).build();
  }

  /** @param past answers that there are from before */
  private Transition transition(SolverLevels.Run run, int i, int past) {
    TransitionBuilder step = output.begin(run.timesteps()[i], run.alpha(i), run.sigma(i));
    return solver.step(step, output.value(run.alpha(i), run.sigma(i)), run, i, past);
  }
}
