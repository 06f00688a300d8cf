package dev.langevin.diffusion;

import java.util.List;
import java.util.Objects;
import java.util.function.DoubleFunction;

/**
 * A {@link Trajectory} that holds its transitions in a list. Immutable.
 *
 * @see Builder
 */
public final class TransitionTable implements Trajectory {

  private final double[] timesteps;
  private final double[] sigmas;
  private final double initNoiseSigma;
  private final int startIndex;
  private final List<Transition> transitions;
  private final int registers;
  private final DoubleFunction<NoiseLevel> noiseLevels;

  private TransitionTable(Builder builder) {
    this.timesteps = builder.timesteps.clone();
    this.sigmas = builder.sigmas.clone();
    this.initNoiseSigma = builder.initNoiseSigma;
    this.startIndex = builder.startIndex;
    this.transitions = List.copyOf(builder.transitions);
    this.noiseLevels = Objects.requireNonNull(builder.noiseLevels, "noiseLevels");
    this.registers = countRegisters(transitions);
    transitions.forEach(TransitionTable::requireFinite);
    if (transitions.size() != timesteps.length - startIndex) {
      throw new IllegalStateException(
          transitions.size() + " transitions for " + timesteps.length + " timesteps from index " + startIndex);
    }
  }

  /**
   * Begins a table.
   *
   * @param timesteps one a network call, from the top of the chain whatever the start index is
   * @param options tell the start index
   * @throws IllegalArgumentException if the start index does not lie within the timesteps
   */
  public static Builder of(double[] timesteps, TrajectoryOptions options) {
    int start = options.startIndex();
    if (start < 0 || start >= timesteps.length) {
      throw new IllegalArgumentException(
          "start index " + start + " is outside this run's " + timesteps.length
              + " network calls; give a smaller start index or more steps");
    }
    return new Builder(timesteps, start);
  }

  @Override
  public double[] timesteps() {
    return timesteps.clone();
  }

  @Override
  public double[] sigmas() {
    return sigmas.clone();
  }

  @Override
  public double initNoiseSigma() {
    return initNoiseSigma;
  }

  @Override
  public int startIndex() {
    return startIndex;
  }

  @Override
  public Transition transition(int index) {
    return transitions.get(Objects.checkIndex(index - startIndex, transitions.size()));
  }

  @Override
  public int registers() {
    return registers;
  }

  @Override
  public NoiseLevel noiseLevel(double timestep) {
    return noiseLevels.apply(timestep);
  }

  /** A level of 0 or beyond float32 that a formula divides by would make a picture of NaN. */
  private static void requireFinite(Transition step) {
    double sum = step.timestep() + step.inputScale();
    if (step.prediction() != null) {
      sum += Math.abs(step.prediction().sampleCoefficient()) + Math.abs(step.prediction().modelCoefficient());
    }
    for (Transition.Update update : step.updates()) {
      for (Transition.Term term : update.terms()) {
        sum += Math.abs(term.coefficient());
      }
    }
    if (!(Math.abs(sum) <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("the step at timestep " + step.timestep()
          + " has factors that are not finite: by this"
          + " configuration there is no noise or no signal at one of its ends; check the scheduler's betas, sigmas,"
          + " number of timesteps"
          + " and prediction_type");
    }
  }

  private static int countRegisters(List<Transition> transitions) {
    int highest = Transition.NOISE;
    for (Transition transition : transitions) {
      for (Transition.Update update : transition.updates()) {
        highest = Math.max(highest, update.target());
        for (Transition.Term term : update.terms()) {
          highest = Math.max(highest, term.register());
        }
      }
    }
    if (highest >= Transition.MAX_REGISTERS) {
      throw new IllegalStateException(
          "register " + highest + " is beyond the " + Transition.MAX_REGISTERS + " there are");
    }
    return highest + 1;
  }

  /** The fields of a {@link TransitionTable}. */
  public static final class Builder {
    private final double[] timesteps;
    private final int startIndex;
    private double[] sigmas = {};
    private double initNoiseSigma = 1;
    private List<Transition> transitions = List.of();
    private DoubleFunction<NoiseLevel> noiseLevels;

    private Builder(double[] timesteps, int startIndex) {
      this.timesteps = timesteps.clone();
      this.startIndex = startIndex;
    }

    /** Noise levels, as {@link TransitionTable#sigmas} tells them; copied. None unless this is called. */
    public Builder sigmas(double[] sigmas) {
      this.sigmas = sigmas.clone();
      return this;
    }

    /** Standard deviation of the noise that a run starts from; 1 unless this is called. */
    public Builder initNoiseSigma(double initNoiseSigma) {
      this.initNoiseSigma = initNoiseSigma;
      return this;
    }

    /** The transitions of the calls from the start index on. */
    public Builder transitions(List<Transition> transitions) {
      this.transitions = transitions;
      return this;
    }

    /** Noise levels by timestep: sqrt(alphaBar_t) and sqrt(1 - alphaBar_t) of the training schedule. */
    public Builder noiseLevelsOf(NoiseSchedule schedule) {
      return noiseLevels(t -> levelOf(schedule, t));
    }

    /**
     * Noise levels where the sampler is written in sigmas: that of the call with this timestep. If several calls share
     * it, as rounded timesteps do where levels are close, the call that the run starts with counts, else the second: a
     * step of two calls has its level there.
     */
    public Builder noiseLevelsOfSigmas(DoubleFunction<NoiseLevel> levelOfSigma) {
      double[] calls = timesteps;
      double[] levels = sigmas;
      int start = startIndex;
      return noiseLevels(
          t -> levelOfSigma.apply(levels[start > 0 && calls[start] == t ? start : callWith(t, calls)]));
    }

    /** The noise level of each timestep; needed. */
    public Builder noiseLevels(DoubleFunction<NoiseLevel> noiseLevels) {
      this.noiseLevels = noiseLevels;
      return this;
    }

    /**
     * Copies what was set and checks every transition.
     *
     * @throws IllegalStateException if there is not one transition a call from the start index on, or one has a
     *   register beyond {@link Transition#MAX_REGISTERS}
     * @throws IllegalArgumentException if one has a number that is not finite
     * @throws NullPointerException if no noise levels were set
     */
    public TransitionTable build() {
      return new TransitionTable(this);
    }

    private static NoiseLevel levelOf(NoiseSchedule schedule, double timestep) {
      int t = (int) timestep;
      if (t != timestep || t < 0 || t >= schedule.steps()) {
        throw new IllegalArgumentException(
            "timestep " + timestep + " is not one of the training timesteps 0 to " + (schedule.steps() - 1));
      }
      return new NoiseLevel(Math.sqrt(schedule.alphaBar(t)), Math.sqrt(1 - schedule.alphaBar(t)));
    }

    private static int callWith(double timestep, double[] timesteps) {
      int found = -1;
      int matches = 0;
      for (int i = 0; i < timesteps.length && matches < 2; i++) {
        if (timesteps[i] == timestep) {
          found = i;
          matches++;
        }
      }
      if (found < 0) {
        throw new IllegalArgumentException("timestep " + timestep + " is not one of this run's timesteps");
      }
      return found;
    }
  }
}
