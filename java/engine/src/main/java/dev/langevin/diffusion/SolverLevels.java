package dev.langevin.diffusion;

import java.util.EnumSet;
import java.util.Set;

/**
 * The levels of the solvers that integrate over lambda = log(alpha / sigma), half the log of the signal-to-noise ratio
 * (Lu et al., arXiv:2206.00927): x = alpha * x0 + sigma * eps with alpha^2 + sigma^2 = 1, or alpha = 1 - sigma on a
 * rectified flow. Immutable.
 */
final class SolverLevels {

  /** How the members of the family differ in their layout; the rest is common. */
  enum Trait {
    /** Timesteps are spaced by {@code linspace} whatever the configuration says. */
    LINSPACE_ONLY,
    /** {@code final_sigmas_type} chooses between 0 and the smallest sigma; without it a run ends at the smallest. */
    CHOOSES_END,
    /** The smallest sigma is that of training even where levels are spaced anew; else it is the run's own last. */
    ENDS_AT_TRAINING,
    /** Spaced anew, timesteps of a cosine schedule are truncated instead of rounded. */
    TRUNCATES_COSINE,
    /** A rectified flow begins at the noise itself, and may be shifted by {@code mu} and stretched. */
    WHOLE_FLOW
  }

  /** What the first sigma of a whole flow is lowered by: at 1 there is no signal, and lambda is infinite. */
  private static final double FLOW_START = 1e-6;

  private final SchedulerConfig config;
  private final Set<Trait> traits;
  private final SigmaLevels levels;
  private final boolean flow;
  private final boolean endsAtZero;
  private final TimestepSpacing spacing;
  private final FlowShift shift;

  SolverLevels(SchedulerConfig config, SigmaSpacing[] spacings, Trait... traits) {
    this.config = config;
    this.traits = traits.length == 0 ? Set.of() : EnumSet.of(traits[0], traits);
    levels = SigmaLevels.of(config, NoiseSchedule.Defaults.DDPM, spacings);
    flow = config.flag("use_flow_sigmas");
    if (flow && !has(Trait.WHOLE_FLOW) && levels.sigmaSpacing() != SigmaSpacing.TIMESTEPS) {
      throw new IllegalArgumentException(config.owner() + ": use_flow_sigmas and " + levels.sigmaSpacing().key()
          + " are both true, but levels of a flow end at 1; set one of them"); // alpha = 1 - sigma would be negative
    }
    shift = FlowShift.of(config);
    endsAtZero = has(Trait.CHOOSES_END) && config.choiceOf("final_sigmas_type", "zero", "sigma_min").equals("zero");
    spacing =
        has(Trait.LINSPACE_ONLY) ? TimestepSpacing.LINSPACE : TimestepSpacing.of(config, TimestepSpacing.LINSPACE);
  }

  private boolean has(Trait trait) {
    return traits.contains(trait);
  }

  NoiseSchedule schedule() {
    return levels.schedule();
  }

  int trainTimesteps() {
    return levels.trainTimesteps();
  }

  /** Whether a run ends at sigma 0, where lambda is infinite. */
  boolean endsAtZero() {
    return endsAtZero;
  }

  boolean flow() {
    return flow;
  }

  /**
   * Lays out a run.
   *
   * @param options the run's schedule options: {@code timesteps}, {@code sigmas} or {@code mu} where the sampler has
   *   them
   */
  Run run(int steps, SchedulerConfig options) {
    double[] given = options.numbers("timesteps");
    double[] sigmas = options.numbers("sigmas");
    for (String key : new String[] {"sigmas", "mu"}) {
      if (options.has(key) && !flow) {
        throw options.wrong(key, "left away where use_flow_sigmas is false");
      }
    }
    if (flow && levels.sigmaSpacing() == SigmaSpacing.TIMESTEPS) {
      return flowRun(sigmas, steps, options);
    }
    if (levels.sigmaSpacing() != SigmaSpacing.TIMESTEPS) {
      if (given != null) {
        throw options.wrong("timesteps", "left away where " + levels.sigmaSpacing().key() + " is true");
      }
      return respaced(steps);
    }
    double[] timesteps = given != null
        ? CustomTimesteps.descending(options, trainTimesteps())
        : spacing.withoutLowest(trainTimesteps(), trainTimesteps() - clipped(), steps, config.integer("steps_offset"));
    double[] interpolated = SigmaSpacing.interpolate(timesteps, levels.schedule().sigmas());
    return new Run(timesteps, SigmaSpacing.ending(interpolated, endsAtZero ? 0 : levels.smallest()),
        Path.VARIANCE_PRESERVING);
  }

  /**
   * How many of the training timesteps have a lambda below {@code lambda_min_clipped}: a run does not begin at these.
   */
  private int clipped() {
    double limit = config.number("lambda_min_clipped");
    int count = 0;
    for (float log : levels.logs()) {
      count += -log < limit ? 1 : 0; // sigma / alpha of the table: its logarithm is -lambda
    }
    return count;
  }

  private Run respaced(int steps) {
    SigmaSpacing by = levels.sigmaSpacing();
    SigmaLevels.Levels run = levels.respaced(new double[] {levels.largest(), levels.smallest()}, steps);
    double[] sigmas = run.sigmas();
    double[] timesteps = run.timesteps();
    boolean rounds = (by == SigmaSpacing.KARRAS || by == SigmaSpacing.LU_LAMBDAS)
        && !(has(Trait.TRUNCATES_COSINE) && config.choice("beta_schedule", "linear", "linear", "scaled_linear",
            "squaredcos_cap_v2").equals("squaredcos_cap_v2"));
    for (int i = 0; i < steps; i++) {
      if (flow && has(Trait.WHOLE_FLOW)) {
        sigmas[i] = sigmas[i] / (sigmas[i] + 1);
        timesteps[i] = Math.floor(sigmas[i] * trainTimesteps());
      } else {
        timesteps[i] = rounds ? Math.rint(timesteps[i]) : Math.floor(timesteps[i]);
      }
    }
    double smallest = has(Trait.ENDS_AT_TRAINING) ? levels.smallest() : sigmas[steps - 1];
    return new Run(timesteps, SigmaSpacing.ending(sigmas, endsAtZero ? 0 : smallest),
        flow ? Path.FLOW : Path.VARIANCE_PRESERVING);
  }

  /** Levels of a rectified flow, shifted towards the noise (Esser et al., arXiv:2403.03206, equation 23). */
  private Run flowRun(double[] given, int steps, SchedulerConfig options) {
    double[] sigmas;
    if (given != null) {
      sigmas = given;
    } else {
      double[] ramp = TimestepSpacing.linspace(1, 1.0 / trainTimesteps(), steps + 1);
      sigmas = new double[steps];
      for (int i = 0; i < steps; i++) {
        sigmas[i] = has(Trait.WHOLE_FLOW) ? ramp[i] : 1 - ramp[steps - i];
      }
    }
    shift.in(options).apply(sigmas);
    if (has(Trait.WHOLE_FLOW) && Math.abs(sigmas[0] - 1) < FLOW_START) {
      sigmas[0] -= FLOW_START;
    }
    double[] timesteps = new double[sigmas.length];
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = Math.floor(sigmas[i] * trainTimesteps());
    }
    double smallest = has(Trait.ENDS_AT_TRAINING) ? levels.smallest() : sigmas[sigmas.length - 1];
    return new Run(timesteps, SigmaSpacing.ending(sigmas, endsAtZero ? 0 : smallest), Path.FLOW);
  }

  /** How signal and noise are mixed at a level. */
  enum Path {
    /** alpha^2 + sigma^2 = 1; levels are told by the ratio sigma / alpha. */
    VARIANCE_PRESERVING,
    /** alpha = 1: the noise is added to a signal that stays as it is (Karras et al., arXiv:2206.00364). */
    VARIANCE_EXPLODING,
    /** alpha = 1 - sigma: a rectified flow. */
    FLOW;

    double alpha(double level) {
      return switch (this) {
        case VARIANCE_PRESERVING -> 1 / Math.sqrt(level * level + 1);
        case VARIANCE_EXPLODING -> 1;
        case FLOW -> 1 - level;
      };
    }

    double sigma(double level) {
      return this == VARIANCE_PRESERVING ? level * alpha(level) : level;
    }
  }

  /** A run's levels: one more than there are timesteps. */
  record Run(double[] timesteps, double[] levels, Path path) {

    /**
     * Lambdas that differ by less are of one level: a float32 level is right to 6e-8 of it, the narrowest steps are of
     * 1e-5.
     */
    private static final double REPEATED = 1e-6;

    int calls() {
      return timesteps.length;
    }

    double alpha(int i) {
      return path.alpha(levels[i]);
    }

    double sigma(int i) {
      return path.sigma(levels[i]);
    }

    /** Infinite where sigma is 0. */
    double lambda(int i) {
      return Math.log(alpha(i)) - Math.log(sigma(i));
    }

    /** How far lambda rises from level {@code s} to level {@code t}; a fall that is rounding counts as 0. */
    double width(int s, int t) {
      double width = lambda(t) - lambda(s);
      return width < 0 && width > -REPEATED ? 0 : width;
    }

    /**
     * Whether level {@code i + 1} is level {@code i} again, as at the end of a run that was spaced down to its final
     * level.
     */
    boolean repeats(int i) {
      return Math.abs(lambda(i + 1) - lambda(i)) < REPEATED;
    }

    /** A table of these levels, to be given its transitions; the start has unit variance. */
    TransitionTable.Builder table(TrajectoryOptions options) {
      return TransitionTable.of(timesteps, options).sigmas(levels).initNoiseSigma(1)
          .noiseLevelsOfSigmas(level -> new Trajectory.NoiseLevel(path.alpha(level), path.sigma(level)));
    }
  }
}
