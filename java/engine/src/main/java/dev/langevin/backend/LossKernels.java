package dev.langevin.backend;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Node;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * Losses and what an autoencoder's posterior asks for, in plain Java for every backend that reaches its memory from
 * Java: a few numbers for each element of a network's result, nothing beside the network. Double precision within,
 * rounded to f32 once.
 */
public final class LossKernels {

  private static final double LEAST_LOG_VARIANCE = -30;
  private static final double GREATEST_LOG_VARIANCE = 20;

  private LossKernels() {}

  /** Runs a node; segments as its operation lists them. */
  public static void run(GradientOp op, Node node, List<MemorySegment> in, List<MemorySegment> out) {
    switch (op) {
      case GradientOp.Loss loss -> loss(loss.function(), node.input(0).shape(), in, out);
      case GradientOp.LearnedVarianceLoss loss -> learnedVariance(loss.factor(), node.input(0).shape(), in, out);
      case GradientOp.Dropout dropout ->
          DropoutKernel.run(dropout, node.output().shape().elements(), in, out.getFirst());
      case GradientOp.CrossEntropy entropy -> crossEntropy(node.input(0).shape(), in, out);
      case GradientOp.ContrastiveLoss loss -> contrastive(loss.scale(), node.input(0).shape(), in, out);
      case GradientOp.GaussianSample sample -> sample(node.output().shape(), in, out.getFirst());
      case GradientOp.GaussianSampleMoments sample -> sampleMoments(node.input(1).shape(), in, out.getFirst());
      case GradientOp.GaussianDivergence divergence ->
          divergence(divergence.factor(), node.input(0).shape(), in.getFirst(), out);
      default -> throw new IllegalStateException("no loss: " + node);
    }
  }

  private static float get(MemorySegment memory, long index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  private static void set(MemorySegment memory, long index, double value) {
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
  }

  private static void loss(LossFunction function, Shape shape, List<MemorySegment> in, List<MemorySegment> out) {
    long samples = shape.dim(0);
    long each = shape.elements() / samples;
    MemorySegment mask = in.size() > 3 ? in.get(3) : null;
    long plane = mask == null ? 1 : each / shape.dim(1);
    for (long n = 0; n < samples; n++) {
      double scale = get(in.get(2), n) / (double) (samples * each);
      double sum = 0;
      for (long i = n * each; i < (n + 1) * each; i++) {
        double difference = get(in.get(0), i) - (double) get(in.get(1), i);
        double part = mask == null ? 1 : get(mask, n * plane + i % plane);
        sum += part * function.value(difference);
        set(out.get(1), i, scale * part * function.derivative(difference));
      }
      set(out.get(0), n, sum / each);
    }
  }

  private static void crossEntropy(Shape shape, List<MemorySegment> in, List<MemorySegment> out) {
    long classes = shape.dim(1);
    for (long n = 0; n < shape.dim(0); n++) {
      double largest = Double.NEGATIVE_INFINITY;
      for (long k = 0; k < classes; k++) {
        largest = Math.max(largest, get(in.get(0), n * classes + k));
      }
      double sum = 0;
      for (long k = 0; k < classes; k++) {
        sum += Math.exp(get(in.get(0), n * classes + k) - largest);
      }
      long label = in.get(1).getAtIndex(ValueLayout.JAVA_LONG, n);
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException("label " + label + " is outside the " + classes + " classes");
      }
      set(out.get(0), n, Math.log(sum) + largest - get(in.get(0), n * classes + label));
      for (long k = 0; k < classes; k++) {
        double probability = Math.exp(get(in.get(0), n * classes + k) - largest) / sum;
        set(out.get(1), n * classes + k, (probability - (k == label ? 1 : 0)) / shape.dim(0));
      }
    }
  }

  private static void contrastive(double scale, Shape shape, List<MemorySegment> in, List<MemorySegment> out) {
    int pairs = shape.intDim(0);
    int width = shape.intDim(1);
    Directions texts = Directions.of(in.get(0), pairs, width);
    Directions pictures = Directions.of(in.get(1), pairs, width);
    double[][] logits = new double[pairs][pairs];
    double[][] transposed = new double[pairs][pairs];
    for (int i = 0; i < pairs; i++) {
      for (int j = 0; j < pairs; j++) {
        logits[i][j] = scale * dot(texts.unit[i], pictures.unit[j]);
        transposed[j][i] = logits[i][j];
      }
    }
    for (int i = 0; i < pairs; i++) { // to the gradients of the logits
      set(out.get(0), i, (towards(logits[i], i) + towards(transposed[i], i)) / 2);
    }
    double[][] byText = new double[pairs][width];
    double[][] byPicture = new double[pairs][width];
    for (int i = 0; i < pairs; i++) {
      for (int j = 0; j < pairs; j++) {
        double gradient = scale * (logits[i][j] + transposed[j][i]) / (2 * pairs);
        for (int e = 0; e < width; e++) {
          byText[i][e] += gradient * pictures.unit[j][e];
          byPicture[j][e] += gradient * texts.unit[i][e];
        }
      }
    }
    texts.gradients(byText, out.get(1));
    pictures.gradients(byPicture, out.get(2));
  }

  /** Turns logits into the gradient of their cross-entropy with a label, which is the result. */
  private static double towards(double[] logits, int label) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double sum = 0;
    double wanted = logits[label] - largest;
    for (int k = 0; k < logits.length; k++) {
      logits[k] = Math.exp(logits[k] - largest);
      sum += logits[k];
    }
    for (int k = 0; k < logits.length; k++) {
      logits[k] = logits[k] / sum - (k == label ? 1 : 0);
    }
    return Math.log(sum) - wanted;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Rows brought to length 1. */
  private record Directions(double[][] unit, double[] length) {

    /** Shorter ones are divided by this. */
    private static final double SHORTEST = 1e-12;

    static Directions of(MemorySegment rows, int count, int width) {
      Directions directions = new Directions(new double[count][width], new double[count]);
      for (int i = 0; i < count; i++) {
        for (int e = 0; e < width; e++) {
          directions.unit[i][e] = get(rows, (long) i * width + e);
        }
        directions.length[i] = Math.max(Math.sqrt(dot(directions.unit[i], directions.unit[i])), SHORTEST);
        for (int e = 0; e < width; e++) {
          directions.unit[i][e] /= directions.length[i];
        }
      }
      return directions;
    }

    /** Gradients by the rows, given those by the unit rows. */
    void gradients(double[][] byUnit, MemorySegment out) {
      for (int i = 0; i < unit.length; i++) {
        double along = dot(byUnit[i], unit[i]);
        for (int e = 0; e < unit[i].length; e++) {
          set(out, (long) i * unit[i].length + e, (byUnit[i][e] - along * unit[i][e]) / length[i]);
        }
      }
    }
  }

  private static void sample(Shape shape, List<MemorySegment> in, MemorySegment out) {
    long channels = shape.dim(-1);
    for (long i = 0; i < shape.elements(); i++) {
      long mean = i / channels * 2 * channels + i % channels;
      double deviation = Math.exp(clamp(get(in.get(0), mean + channels)) / 2);
      set(out, i, get(in.get(0), mean) + deviation * get(in.get(1), i));
    }
  }

  private static void sampleMoments(Shape shape, List<MemorySegment> in, MemorySegment out) {
    long channels = shape.dim(-1);
    for (long i = 0; i < shape.elements(); i++) {
      long mean = i / channels * 2 * channels + i % channels;
      double logVariance = get(in.get(0), mean + channels);
      double dy = get(in.get(2), i);
      set(out, mean, dy);
      set(out, mean + channels, inside(logVariance) ? dy * get(in.get(1), i) * Math.exp(logVariance / 2) / 2 : 0);
    }
  }

  private static void divergence(double factor, Shape shape, MemorySegment moments, List<MemorySegment> out) {
    long samples = shape.dim(0);
    long channels = shape.dim(-1) / 2;
    long each = shape.elements() / samples;
    for (long n = 0; n < samples; n++) {
      double sum = 0;
      for (long pixel = n * each; pixel < (n + 1) * each; pixel += 2 * channels) {
        for (long c = pixel; c < pixel + channels; c++) {
          double mean = get(moments, c);
          double logVariance = get(moments, c + channels);
          double variance = Math.exp(clamp(logVariance));
          sum += (mean * mean + variance - 1 - clamp(logVariance)) / 2;
          set(out.get(1), c, factor * mean / samples);
          set(out.get(1), c + channels, inside(logVariance) ? factor * (variance - 1) / 2 / samples : 0);
        }
      }
      set(out.get(0), n, sum);
    }
  }

  private static double clamp(double logVariance) {
    return Math.clamp(logVariance, LEAST_LOG_VARIANCE, GREATEST_LOG_VARIANCE);
  }

  private static boolean inside(double logVariance) {
    return logVariance >= LEAST_LOG_VARIANCE && logVariance <= GREATEST_LOG_VARIANCE;
  }

  private static void learnedVariance(double factor, Shape shape, List<MemorySegment> in, List<MemorySegment> out) {
    long samples = shape.dim(0);
    long half = shape.elements() / samples / 2;
    for (long n = 0; n < samples; n++) {
      Step step = Step.read(in.get(5), n);
      double scale = get(in.get(4), n) / (samples * half);
      double loss = 0;
      for (long i = 0; i < half; i++) {
        long noise = 2 * n * half + i;
        long variance = noise + half;
        double predicted = get(in.get(0), noise);
        double difference = predicted - get(in.get(1), n * half + i);
        set(out.get(1), noise, scale * 2 * difference);
        double fraction = (get(in.get(0), variance) + 1.0) / 2;
        double logVariance = fraction * step.maxLog + (1 - fraction) * step.minLog;
        double x0 = get(in.get(2), n * half + i);
        double xt = get(in.get(3), n * half + i);
        double mean = step.mean(Math.clamp(step.fromSample * xt - step.fromNoise * predicted, -1, 1), xt);
        double slope = (step.maxLog - step.minLog) / 2;
        Bound bound = step.last ? Bound.likelihood(x0, mean, logVariance)
            : Bound.divergence(step.mean(x0, xt), step.trueLog, mean, logVariance);
        loss += difference * difference + factor * bound.value;
        boolean outwards = fraction > 1 && bound.byLogVariance < 0 || fraction < 0 && bound.byLogVariance > 0;
        set(out.get(1), variance, outwards ? 0 : scale * factor * bound.byLogVariance * slope);
      }
      set(out.get(0), n, loss / half);
    }
  }

  /** The numbers of a step, in the order that {@link GradientOp.LearnedVarianceLoss} states. */
  private record Step(double fromSample, double fromNoise, double ofStart, double ofSample, double minLog,
      double maxLog, double trueLog,
      boolean last) {
    static Step read(MemorySegment memory, long n) {
      double[] v = new double[8];
      for (int i = 0; i < 8; i++) {
        v[i] = get(memory, 8 * n + i);
      }
      return new Step(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7] != 0);
    }

    double mean(double x0, double xt) {
      return ofStart * x0 + ofSample * xt;
    }
  }

  /** One dimension's part of the variational bound, in nats, and its derivative by the predicted log variance. */
  private record Bound(double value, double byLogVariance) {

    /** KL(N(mean1, exp(log1)) || N(mean2, exp(log2))). */
    static Bound divergence(double mean1, double log1, double mean2, double log2) {
      double ratio = (Math.exp(log1) + (mean1 - mean2) * (mean1 - mean2)) / Math.exp(log2);
      return new Bound((log2 - log1 - 1 + ratio) / 2, (1 - ratio) / 2);
    }

    /**
     * -log of the probability of x0's bin of width 2/255 (arXiv:2006.11239, equation 13), normal distribution by its
     * tanh form.
     */
    static Bound likelihood(double x0, double mean, double logVariance) {
      double inverse = Math.exp(-logVariance / 2);
      double upper = x0 > 0.999 ? Double.POSITIVE_INFINITY : (x0 - mean + 1 / 255.0) * inverse;
      double lower = x0 < -0.999 ? Double.NEGATIVE_INFINITY : (x0 - mean - 1 / 255.0) * inverse;
      double mass = Math.max(below(upper) - below(lower), 1e-12);
      double slope = (slope(upper) - slope(lower)) * -0.5; // each bound moves by -bound/2 as the log variance grows
      return new Bound(-Math.log(mass), mass == 1e-12 ? 0 : -slope / mass);
    }

    private static double below(double x) {
      return Double.isInfinite(x) ? (x > 0 ? 1 : 0)
          : 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    /** x times the derivative of {@link #below}. */
    private static double slope(double x) {
      if (Double.isInfinite(x)) {
        return 0;
      }
      double tanh = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
      return x * 0.5 * (1 - tanh * tanh) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    }
  }
}
