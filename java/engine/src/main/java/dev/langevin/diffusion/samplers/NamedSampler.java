package dev.langevin.diffusion.samplers;

import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.Trajectory.NoiseLevel;
import dev.langevin.diffusion.TrajectoryOptions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A sampler as ComfyUI or A1111 has it, over a network's noise levels. Immutable. */
public final class NamedSampler implements Scheduler {

  /** Above this ComfyUI's denoise means the whole chain. */
  private static final double WHOLE = 0.9999;

  private final SamplerName name;
  private final String schedule; // null for the sampler's own
  private final Compat compat;
  private final ModelLevels levels;
  private final NoiseSchedule training; // or null
  private final Timesteps timesteps; // or null
  private final ScheduleOptions options;

  NamedSampler(SamplerName name, String schedule, Compat compat, ModelLevels levels, NoiseSchedule training,
      Timesteps timesteps, ScheduleOptions options) {
    this.name = name;
    this.compat = name.comfy() == null ? Compat.A1111 : compat == Compat.A1111 ? compat : Compat.COMFY;
    this.schedule = schedule == null ? null : NamedSchedule.canonical(schedule, this.compat);
    this.levels = levels;
    this.training = training;
    this.timesteps = timesteps;
    this.options = options;
    if (name.overTimesteps(this.compat) && this.schedule != null) {
      throw new IllegalArgumentException(
          "A1111's sampler " + name.a1111() + " has timesteps of its own and no schedule "
              + schedule + "; leave the schedule away, or take another sampler");
    }
  }

  /** The name that the program gives it. */
  @Override
  public String className() {
    return name.label(compat);
  }

  @Override
  public int trainTimesteps() {
    return levels.sigmas().length;
  }

  @Override
  public Optional<NoiseSchedule> noiseSchedule() {
    return Optional.ofNullable(training);
  }

  @Override
  public boolean needsUnconditional() {
    return name.needsUnconditional();
  }

  @Override
  public boolean startsByStrength() {
    return true;
  }

  /**
   * Of the schedule's options, {@code strength} and {@code walked}, how many of the last steps, are known; of the
   * step's those that the sampler reads.
   */
  @Override
  public Trajectory trajectory(TrajectoryOptions run) {
    double strength = strength(run);
    Map<String, Object> step = new HashMap<>(run.stepOptions());
    if (name.overTimesteps(compat)) {
      return overTimesteps(run.steps(), strength, step);
    }
    if (compat == Compat.A1111 && className().startsWith("DPM ")) {
      step.putIfAbsent("eta", 1.0); // A1111 tells every sampler that has an eta; k-diffusion's own is 0 for these
    }
    double[] sigmas = sigmas(run.steps(), strength);
    if (compat == Compat.COMFY && run.scheduleOptions().get("walked") instanceof Integer walked) {
      double[] all = all(run.steps());
      sigmas = Arrays.copyOfRange(all, Math.max(0, all.length - walked - 1), all.length);
    }
    return trajectory(className(), name.sampler(compat), levels, sigmas, start(sigmas[0]), step);
  }

  private double strength(TrajectoryOptions run) {
    Map<String, Object> schedule = new HashMap<>(run.scheduleOptions());
    Object strength = schedule.remove("strength");
    if (schedule.remove("walked") instanceof Integer walked) { // the first of these from the level before
      strength = Math.max(0, walked - 0.5) / run.steps();
    }
    if (!schedule.isEmpty() || run.startIndex() > 0) {
      throw new IllegalArgumentException("the sampler " + className()
          + " makes its own timesteps from the first on; take diffusers' samplers, --compat diffusers, for "
          + (schedule.isEmpty() ? "a chain that another model began" : String.join(", ", schedule.keySet())));
    }
    return strength == null ? Double.NaN : ((Number) strength).doubleValue();
  }

  /** The noise levels of a run from pure noise, or of its tail for a picture that is taken back by a strength. */
  double[] sigmas(int steps, double strength) {
    if (compat == Compat.A1111) {
      double[] sigmas = all(steps);
      if (Double.isNaN(strength)) {
        return sigmas;
      }
      int walked = (int) (Math.min(strength, 0.999) * steps);
      return Arrays.copyOfRange(sigmas, Math.max(0, steps - walked - 1), sigmas.length);
    }
    if (Double.isNaN(strength) || strength > WHOLE) {
      return all(steps);
    }
    if (steps / strength > Integer.MAX_VALUE / 2 || strength <= 0) {
      throw new IllegalArgumentException("a strength of " + strength + " leaves no step; use a higher one");
    }
    double[] sigmas = all((int) (steps / strength));
    return Arrays.copyOfRange(sigmas, Math.max(0, sigmas.length - steps - 1), sigmas.length);
  }

  private double[] all(int steps) {
    boolean discards = name.discards().by(compat);
    String own = compat == Compat.A1111 && name.usualSchedule() != null ? name.usualSchedule() : "automatic";
    double[] sigmas =
        NamedSchedule.sigmas(compat, schedule == null ? own : schedule, levels, discards ? steps + 1 : steps, options);
    return discards ? withoutLastButOne(sigmas) : sigmas;
  }

  /** The levels without the last but one. */
  public static double[] withoutLastButOne(double[] sigmas) {
    double[] fewer = Arrays.copyOf(sigmas, sigmas.length - 1);
    fewer[fewer.length - 1] = sigmas[sigmas.length - 1];
    return fewer;
  }

  /**
   * The noise levels of a run over levels that the caller has.
   *
   * @param strength share of the chain that a picture is taken back, 1 for the whole
   */
  public static double[] sigmas(String name, String schedule, Compat compat, ModelLevels levels, int steps,
      double strength, ScheduleOptions options) {
    return new NamedSampler(NamedSamplers.require(name), schedule, compat, levels, null, null, options)
        .sigmas(steps, strength == 1 ? Double.NaN : strength);
  }

  /** Timesteps of A1111's samplers without noise levels, descending. */
  public static double[] timesteps(int steps) {
    return Arrays.stream(Timesteps.spaced(steps)).asDoubleStream().toArray();
  }

  private NoiseLevel start(double sigma) {
    return start(compat, levels, sigma);
  }

  /** How a picture is noised for a start at this level; its noise alone, where there is no picture. */
  public static NoiseLevel start(Compat compat, ModelLevels levels, double sigma) {
    double max = levels.sigmaMax();
    boolean whole = sigma > max || Math.abs(sigma - max) <= 1e-5 * Math.max(sigma, max);
    return compat == Compat.COMFY && !levels.flow() && whole ? new NoiseLevel(1, Math.sqrt(1 + sigma * sigma))
        : levels.level(sigma).noised();
  }

  private Trajectory overTimesteps(int steps, double strength, Map<String, Object> step) {
    int[] all = Timesteps.spaced(steps);
    if (Double.isNaN(strength)) {
      return trajectory(className(), name.walker(), timesteps, all, new NoiseLevel(0, 1), step);
    }
    int walked = (int) (Math.min(strength, 0.999) * steps);
    if (walked < 2) {
      throw new IllegalArgumentException("a strength of " + strength + " leaves no step of " + steps + " for "
          + className() + "; use more steps or a higher strength");
    }
    int[] tail = Arrays.copyOfRange(all, all.length - walked, all.length);
    NoiseLevel start = timesteps.level(all[all.length - 1 - walked]).noised();
    if (className().equals("UniPC")) {
      step.putIfAbsent("t_start", (tail[0] + 1) / 1000.0);
    }
    return trajectory(className(), name.walker(), timesteps, tail, start, step);
  }

  private static Trajectory trajectory(String label, Timesteps.Walker walker, Timesteps model, int[] walked,
      NoiseLevel start, Map<String, Object> step) {
    SamplerOptions options = new SamplerOptions(label, step);
    Course course = new Course(null);
    Expression result = walker.sample(course, model, walked, options);
    options.requireRead();
    return new NamedTrajectory(course, result, new double[0], start);
  }

  private static Trajectory trajectory(String label, Sampler sampler, ModelLevels levels, double[] sigmas,
      NoiseLevel start, Map<String, Object> step) {
    if (sigmas.length < 2) {
      throw new IllegalArgumentException("the run has no noise level to walk; use more steps or a higher strength");
    }
    SamplerOptions options = new SamplerOptions(label, step);
    if (sampler instanceof DpmAdaptive adaptive) {
      Trajectory trajectory = adaptive.trajectory(levels, sigmas, start, options);
      options.requireRead();
      return trajectory;
    }
    Course course = new Course(levels);
    Expression result = sampler.sample(course, sigmas, options);
    options.requireRead();
    return new NamedTrajectory(course, result, sigmas, start);
  }

  /**
   * A run of a sampler in sigma over levels that the caller has.
   *
   * @param sigmas descending, the last of which is where the run ends
   * @param start how the start is noised
   * @param options of the sampler, by the names that the UIs have
   * @throws IllegalArgumentException if there is no such sampler, or an option is not one of it
   */
  public static Trajectory trajectory(String name, Compat compat, ModelLevels levels, double[] sigmas,
      NoiseLevel start, Map<String, Object> options) {
    SamplerName sampler = NamedSamplers.require(name);
    return trajectory(sampler.label(compat), sampler.sampler(compat), levels, sigmas, start, options);
  }

  /** A run of one of A1111's samplers over timesteps, from pure noise. */
  public static Trajectory overTimesteps(String name, double[] alphaBars, int steps, Map<String, Object> options) {
    SamplerName sampler = NamedSamplers.require(name);
    return trajectory(sampler.a1111(), sampler.walker(),
        new Timesteps(alphaBars, dev.langevin.diffusion.PredictionType.EPSILON), Timesteps.spaced(steps),
        new NoiseLevel(0, 1), options);
  }
}
