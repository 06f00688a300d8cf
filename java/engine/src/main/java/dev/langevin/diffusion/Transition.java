package dev.langevin.diffusion;

import java.util.List;

/**
 * One step of the reverse chain, as data: what the network is shown, and how the next sample follows from its answer.
 *
 * <p>
 * A step works on registers, each an array of the sample's shape. {@link #X} is the sample, {@link #MODEL} the
 * network's answer after guidance (its first half of channels where it also predicts a variance), {@link #PREDICTION}
 * the optional non-linear intermediate (usually the clipped x0), {@link #NOISE} a fresh unit normal, and {@link #SAVED}
 * and those above it keep past answers and samples from step to step. A multistep sampler's ring of past answers is a
 * choice of registers: nothing is copied to rotate it.
 *
 * <p>
 * Everything is elementwise, in this order, so one kernel pass does all of it:
 * <ol>
 * <li>the network is run on {@code inputScale * x} and {@code timestep};
 * <li>{@code PREDICTION = nonlinearity(sampleCoefficient * X + modelCoefficient * MODEL)}, if there is a prediction;
 * <li>{@code NOISE *= standard deviation}, if there is a learned variance;
 * <li>each update in turn: {@code target = sum of coefficient * source}; it sees what the updates before it wrote.
 * </ol>
 *
 * @param timestep the time that the network is told (not always an integer, not always a training timestep)
 * @param inputScale factor on the sample before the network sees it; 1 for variance-preserving samplers
 * @param prediction the non-linear intermediate, or null
 * @param learnedVariance how the second half of the network's channels scales the noise, or null
 * @param drawsNoise whether {@link #NOISE} must be filled with fresh unit normals before the step
 * @param unconditional register that the unconditional half of a guided answer is copied to before the step, or -1
 * @param updates the linear combinations, in order; the last that targets {@link #X} gives the next sample
 */
public record Transition(
    double timestep,
    double inputScale,
    Prediction prediction,
    LearnedVariance learnedVariance,
    boolean drawsNoise,
    int unconditional,
    List<Update> updates) {

  /** The sample x_t; holds the next sample after the step. */
  public static final int X = 0;

  /** The network's answer after guidance. */
  public static final int MODEL = 1;

  /** The result of {@link #prediction}. */
  public static final int PREDICTION = 2;

  /** A unit normal, drawn anew for each step that asks for it. */
  public static final int NOISE = 3;

  /** The first register that lives from step to step, zero at the start; others follow it. */
  public static final int SAVED = 4;

  /** No transition uses a register at or above this. */
  public static final int MAX_REGISTERS = 16;

  /** Copies {@code updates}. */
  public Transition {
    updates = List.copyOf(updates);
  }

  /** One term of a linear combination: {@code coefficient * register}. */
  public record Term(int register, double coefficient) {}

  /** {@code target = sum of terms}, elementwise. */
  public record Update(int target, List<Term> terms) {
    /** Copies {@code terms}. */
    public Update {
      terms = List.copyOf(terms);
    }
  }

  /** {@code nonlinearity(sampleCoefficient * X + modelCoefficient * MODEL)}. */
  public record Prediction(double sampleCoefficient, double modelCoefficient, Nonlinearity nonlinearity) {}

  /** What is done to a prediction before it is used. */
  public sealed interface Nonlinearity {
    /** Nothing. */
    record Identity() implements Nonlinearity {}

    /** Limits to [-range, range]. */
    record Clip(double range) implements Nonlinearity {}

    /**
     * Dynamic thresholding (Imagen, arXiv:2205.11487, section 2.3): per sample, s = the {@code ratio} quantile of |v|
     * limited to [1, maximum]; v = clip(v, -s, s) / s.
     */
    record DynamicThreshold(double ratio, double maximum) implements Nonlinearity {}
  }

  /** How the second half of the network's channels, v, gives the noise its standard deviation. */
  public sealed interface LearnedVariance {
    /** Standard deviation sqrt(v). */
    record Direct() implements LearnedVariance {}

    /**
     * Variance interpolated in log space (improved DDPM, arXiv:2102.09672, equation 15): with f = (v + 1) / 2, the
     * standard deviation is exp((f * maxLog + (1 - f) * minLog) / 2).
     */
    record LogInterpolated(double minLog, double maxLog) implements LearnedVariance {}

    /** The second half is there, and this sampler makes no use of it. */
    record Ignored() implements LearnedVariance {}
  }
}
