package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.diffusion.TransitionTable;
import dev.langevin.diffusion.samplers.Value.Kind;
import java.util.List;
import java.util.OptionalDouble;

/** A run that a {@link Course} took down. Immutable. */
final class NamedTrajectory implements Trajectory {

  private final TransitionTable table;
  private final List<NoiseLevel> levels;
  private final OptionalDouble opening;

  /**
   * @param result the sample after the last call
   * @param start the noise level of the start
   */
  NamedTrajectory(Course course, Expression result, double[] sigmas, NoiseLevel start) {
    int calls = course.calls().size();
    if (calls == 0) {
      throw new IllegalArgumentException("the run makes no step; use more steps or a higher strength");
    }
    List<Transition> transitions = Transitions.of(course, result);
    double[] timesteps = transitions.stream().mapToDouble(Transition::timestep).toArray();
    List<NoiseLevel> of = course.calls().stream().map(call -> call.level().noised()).toList();
    this.levels = java.util.stream.Stream.concat(java.util.stream.Stream.of(start), of.stream().skip(1)).toList();
    this.opening = course.draws().contains(-1)
        ? OptionalDouble.of(course.calls().getFirst().x().terms().getOrDefault(new Value(Kind.NOISE, -1), 0.0))
        : OptionalDouble.empty();
    this.table = TransitionTable.of(timesteps, TrajectoryOptions.steps(calls)).sigmas(sigmas)
        .initNoiseSigma(start.noise()).transitions(transitions).noiseLevels(this::firstWith).build();
  }

  private NoiseLevel firstWith(double timestep) {
    double[] timesteps = timesteps();
    for (int i = 0; i < timesteps.length; i++) {
      if (timesteps[i] == timestep) {
        return levels.get(i);
      }
    }
    throw new IllegalArgumentException("timestep " + timestep + " is not one of this run's timesteps");
  }

  @Override
  public double[] timesteps() {
    return table.timesteps();
  }

  @Override
  public double[] sigmas() {
    return table.sigmas();
  }

  @Override
  public double initNoiseSigma() {
    return table.initNoiseSigma();
  }

  @Override
  public int startIndex() {
    return 0;
  }

  @Override
  public Transition transition(int index) {
    return table.transition(index);
  }

  @Override
  public int registers() {
    return table.registers();
  }

  @Override
  public NoiseLevel noiseLevel(double timestep) {
    return table.noiseLevel(timestep);
  }

  @Override
  public NoiseLevel levelOf(int index) {
    return levels.get(index);
  }

  @Override
  public OptionalDouble openingNoise() {
    return opening;
  }
}
