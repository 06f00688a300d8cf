package dev.langevin.diffusion.samplers;

import static dev.langevin.diffusion.LinearCombination.PREDICTION;
import static dev.langevin.diffusion.LinearCombination.X;

import dev.langevin.diffusion.AdaptiveTrajectory;
import dev.langevin.diffusion.LinearCombination;
import dev.langevin.diffusion.Transition;
import dev.langevin.diffusion.TransitionBuilder;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** One run of {@link DpmAdaptive}. Not thread-safe. */
final class DpmAdaptiveRun implements AdaptiveTrajectory {

  /** What a run is asked for; tolerances are of the difference between the two orders. */
  record Settings(int order, double relative, double absolute, double first, StepSize.Gains gains, double eta,
      double noise) {}

  private static final int USUAL_STEPS = 25;
  private static final int MOST_CALLS = 100_000; // a network that answers nonsense must not run for ever

  private static final int START = Transition.SAVED;
  private static final int EPS = START + 1;
  private static final int EPS_1 = START + 2;
  private static final int LOW = START + 3;
  private static final int HIGH = START + 4;

  private final ModelLevels levels;
  private final double[] sigmas;
  private final double from; // t = -log sigma, as below
  private final double to;
  private final NoiseLevel start;
  private final Settings settings;
  private final List<Transition> transitions = new ArrayList<>();
  private final List<NoiseLevel> noised = new ArrayList<>();
  private StepSize size;
  private double s;
  private double t;
  private double up;
  private int made;
  private float[] previous; // the accepted sample of lower order, or the start

  DpmAdaptiveRun(ModelLevels levels, double[] sigmas, double max, double min, NoiseLevel start, Settings settings) {
    this.levels = levels;
    this.sigmas = sigmas.clone();
    this.from = -Math.log(max);
    this.to = -Math.log(min);
    this.start = start;
    this.settings = settings;
    begin();
  }

  @Override
  public void begin() {
    transitions.clear();
    noised.clear();
    previous = null;
    made = 0;
    s = from;
    size = new StepSize(settings.gains(), settings.eta() > 0 ? 1.5 : settings.order(), Math.abs(settings.first()));
    addStep();
  }

  /** Lays out the two or three calls of a step from s on. */
  private void addStep() {
    t = Math.min(to, s + size.h());
    double end = t;
    up = 0;
    if (settings.eta() != 0) {
      end = Math.min(to, -Math.log(Ancestral.of(Math.exp(-s), Math.exp(-t), settings.eta()).down()));
      up = Math.sqrt(Math.max(0, Math.exp(-2 * t) - Math.exp(-2 * end)));
    }
    double h = end - s;
    boolean third = settings.order() == 3;
    double r1 = third ? 1 / 3.0 : 0.5;
    double r2 = 2 / 3.0;
    LinearCombination x = LinearCombination.register(START);
    LinearCombination eps = LinearCombination.register(EPS);
    TransitionBuilder first = at(s).keep(START, X).keep(EPS, direction(s));
    transitions.add(first.next(moved(x, eps, h, r1)));
    TransitionBuilder second = at(s + r1 * h);
    LinearCombination eps1 = LinearCombination.register(EPS_1);
    LinearCombination bend = eps1.minus(eps).times(Math.exp(-end) / (2 * r1) * Math.expm1(h));
    LinearCombination order2 = moved(x, eps, h, 1).minus(bend);
    second.keep(EPS_1, direction(s + r1 * h));
    if (!third) {
      transitions.add(second.keep(LOW, moved(x, eps, h, 1)).keep(HIGH, order2).next(x));
      return;
    }
    double weight = Math.exp(-s - r2 * h) * (r2 / r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
    transitions.add(second.next(moved(x, eps, h, r2).minus(eps1.minus(eps).times(weight))));
    LinearCombination eps2 = direction(s + r2 * h);
    LinearCombination order3 =
        moved(x, eps, h, 1).minus(eps2.minus(eps).times(Math.exp(-end) / r2 * (Math.expm1(h) / h - 1)));
    transitions.add(at(s + r2 * h).keep(LOW, order2).keep(HIGH, order3).next(x));
  }

  private TransitionBuilder at(double time) {
    Level level = levels.level(Math.exp(-time));
    noised.add(level.noised());
    return TransitionBuilder.at(level.timestep()).inputScale(level.inputScale()).predict(
        X.times(level.sampleCoefficient()).plus(LinearCombination.MODEL.times(level.modelCoefficient())),
        new Transition.Nonlinearity.Identity());
  }

  private static LinearCombination direction(double time) {
    return X.minus(PREDICTION).over(Math.exp(-time));
  }

  private LinearCombination moved(LinearCombination x, LinearCombination eps, double h, double share) {
    return x.minus(eps.times(Math.exp(-s - share * h) * Math.expm1(share * h)));
  }

  @Override
  public Decision decide(IntFunction<Tensor> registers) {
    made++;
    if (made < transitions.size()) {
      return new Decision(Transition.X, Double.NaN, true);
    }
    float[] low = registers.apply(LOW).toFloats();
    if (previous == null) {
      previous = registers.apply(START).toFloats();
    }
    boolean accepted = size.accepts(error(low, registers.apply(HIGH).toFloats()));
    if (!accepted && made > MOST_CALLS) {
      throw new IllegalStateException("DPM adaptive has made " + made + " calls and not come to its end; allow larger"
          + " errors, or take another sampler");
    }
    if (!accepted) {
      addStep();
      return new Decision(Transition.X, Double.NaN, true);
    }
    previous = low;
    double noise = up * settings.noise();
    s = t;
    boolean more = s < to - 1e-5;
    if (more) {
      addStep();
    }
    return new Decision(HIGH, noise, more);
  }

  /** Root mean square of the difference, in parts of what is tolerated. */
  private double error(float[] low, float[] high) {
    double sum = 0;
    for (int i = 0; i < low.length; i++) {
      double tolerated =
          Math.max(settings.absolute(), settings.relative() * Math.max(Math.abs(low[i]), Math.abs(previous[i])));
      double part = (low[i] - high[i]) / tolerated;
      sum += part * part;
    }
    return Math.sqrt(sum / low.length);
  }

  @Override
  public int expected(int done) {
    int steps = (int) Math.min(1e6, Math.ceil(Math.max(0, to - s) / Math.max(1e-6, size.h())));
    return done == 0 ? settings.order() * USUAL_STEPS : Math.max(done, transitions.size())
        + settings.order() * Math.max(0, steps - 1);
  }

  @Override
  public double[] timesteps() {
    double[] times = new double[Math.max(transitions.size(), settings.order() * USUAL_STEPS)];
    Arrays.fill(times, Double.NaN);
    for (int i = 0; i < transitions.size(); i++) {
      times[i] = transitions.get(i).timestep();
    }
    return times;
  }

  @Override
  public double[] sigmas() {
    return sigmas.clone();
  }

  @Override
  public double initNoiseSigma() {
    return start.noise();
  }

  @Override
  public int startIndex() {
    return 0;
  }

  @Override
  public Transition transition(int index) {
    return transitions.get(index);
  }

  @Override
  public int registers() {
    return HIGH + 1;
  }

  @Override
  public NoiseLevel noiseLevel(double timestep) {
    throw new UnsupportedOperationException("its timesteps are not known before the run");
  }

  @Override
  public NoiseLevel levelOf(int index) {
    return index == 0 ? start : noised.get(index);
  }
}
