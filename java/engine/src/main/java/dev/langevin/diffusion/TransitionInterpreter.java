package dev.langevin.diffusion;

import dev.langevin.diffusion.Transition.LearnedVariance;
import dev.langevin.diffusion.Transition.Nonlinearity;
import java.util.Arrays;
import java.util.List;

/**
 * Applies transitions to float arrays in plain Java: the meaning of a {@link Transition}, against which faster kernels
 * are checked, and the kernel where there is no native one.
 *
 * <p>
 * Registers hold {@code samples} pictures of equal size one after another. Sums are made in double and rounded to
 * float32 once an update. Not thread-safe.
 */
public final class TransitionInterpreter {

  private final float[][] registers;
  private final int samples;
  private final int sampleElements;
  private final float[] magnitudes; // scratch of the quantile

  /**
   * Allocates the registers, all zeros.
   *
   * @param registers how many, from {@link Trajectory#registers()}
   * @param samples pictures in the batch, at least 1
   * @param sampleElements numbers in one picture
   */
  public TransitionInterpreter(int registers, int samples, int sampleElements) {
    this.registers = new float[registers][Math.multiplyExact(samples, sampleElements)];
    this.samples = samples;
    this.sampleElements = sampleElements;
    this.magnitudes = new float[sampleElements];
  }

  /** A register itself, not a copy: write the start into {@link Transition#X}, read the result there. */
  public float[] register(int index) {
    return registers[index];
  }

  /**
   * Makes a step.
   *
   * @param modelOutput the network's answer: {@code samples * sampleElements} numbers, or twice as many with a learned
   *   variance, whose half then follows the answer within each picture (channels come first)
   */
  public void apply(Transition transition, float[] modelOutput) {
    boolean doubled = transition.learnedVariance() != null;
    int outputElements = doubled ? 2 * sampleElements : sampleElements;
    if (modelOutput.length != samples * outputElements) {
      throw new IllegalArgumentException(
          "the model answered " + modelOutput.length + " numbers; " + samples + " samples of " + sampleElements
              + (doubled ? " with a learned variance" : "") + " take " + samples * outputElements);
    }
    for (int n = 0; n < samples; n++) {
      System.arraycopy(
          modelOutput, n * outputElements, registers[Transition.MODEL], n * sampleElements, sampleElements);
    }
    if (transition.prediction() != null) {
      predict(transition.prediction());
    }
    if (doubled) {
      scaleNoise(transition.learnedVariance(), modelOutput);
    }
    for (int i = 0; i < transition.updates().size(); i++) { // by index here and below: an iterator is an object
      combine(transition.updates().get(i));
    }
  }

  private void predict(Transition.Prediction prediction) {
    float[] x = registers[Transition.X];
    float[] model = registers[Transition.MODEL];
    float[] result = registers[Transition.PREDICTION];
    for (int i = 0; i < result.length; i++) {
      double value = 0;
      if (prediction.sampleCoefficient() != 0) {
        value += prediction.sampleCoefficient() * x[i];
      }
      if (prediction.modelCoefficient() != 0) {
        value += prediction.modelCoefficient() * model[i];
      }
      result[i] = (float) value;
    }
    switch (prediction.nonlinearity()) {
      case Nonlinearity.Identity identity -> {}
      case Nonlinearity.Clip clip -> clip(result, 0, result.length, clip.range());
      case Nonlinearity.DynamicThreshold threshold -> {
        for (int n = 0; n < samples; n++) {
          threshold(result, n * sampleElements, threshold);
        }
      }
    }
  }

  private static void clip(float[] values, int from, int to, double range) {
    for (int i = from; i < to; i++) {
      values[i] = (float) Math.clamp((double) values[i], -range, range);
    }
  }

  private void threshold(float[] values, int from, Nonlinearity.DynamicThreshold threshold) {
    for (int i = 0; i < magnitudes.length; i++) {
      magnitudes[i] = Math.abs(values[from + i]);
    }
    Arrays.sort(magnitudes);
    double rank = threshold.ratio() * (magnitudes.length - 1);
    int below = (int) Math.floor(rank);
    int above = (int) Math.ceil(rank);
    double quantile = magnitudes[below] + (rank - below) * ((double) magnitudes[above] - magnitudes[below]);
    double s = Math.min(Math.max(quantile, 1), threshold.maximum());
    clip(values, from, from + sampleElements, s);
    for (int i = from; i < from + sampleElements; i++) {
      values[i] = (float) (values[i] / s);
    }
  }

  private void scaleNoise(LearnedVariance variance, float[] modelOutput) {
    float[] noise = registers[Transition.NOISE];
    for (int n = 0; n < samples; n++) {
      for (int i = 0; i < sampleElements; i++) {
        double v = modelOutput[(2 * n + 1) * sampleElements + i];
        double deviation =
            switch (variance) {
              case LearnedVariance.Direct direct -> Math.sqrt(v);
              case LearnedVariance.LogInterpolated range -> {
                double f = (v + 1) / 2;
                yield Math.exp((f * range.maxLog() + (1 - f) * range.minLog()) / 2);
              }
              case LearnedVariance.Ignored ignored -> 1;
            };
        noise[n * sampleElements + i] = (float) (noise[n * sampleElements + i] * deviation);
      }
    }
  }

  private void combine(Transition.Update update) {
    float[] target = registers[update.target()];
    List<Transition.Term> terms = update.terms();
    for (int i = 0; i < target.length; i++) {
      double sum = 0;
      for (int t = 0; t < terms.size(); t++) {
        sum += terms.get(t).coefficient() * registers[terms.get(t).register()][i];
      }
      target[i] = (float) sum;
    }
  }
}
