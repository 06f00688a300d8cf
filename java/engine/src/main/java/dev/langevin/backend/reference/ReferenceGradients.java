package dev.langevin.backend.reference;

import dev.langevin.backend.LossKernels;
import dev.langevin.backend.reference.ReferenceKernels.Memory;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;

/** The definitions of the gradients, loop by loop. Sums are double, results are rounded to f32 once. */
final class ReferenceGradients {

  private ReferenceGradients() {}

  static void run(GradientOp gradient, Node node, Memory m) {
    switch (gradient) {
      case GradientOp.Conv2dSource op -> conv2d(op.stride(), op.padding(), node.output().shape(), node.input(1).shape(),
          node.input(0).shape(), new Sums(m, node), (sums, x, w, y) -> sums.add(0, x, m.in(0, y) * m.in(1, w)));
      case GradientOp.Conv2dWeights op -> {
        Sums sums = new Sums(m, node);
        if (op.bias()) {
          columns(node.input(1).shape(), 1, sums);
        }
        conv2d(op.stride(), op.padding(), node.input(0).shape(), node.output().shape(), node.input(1).shape(), sums,
            (s, x, w, y) -> s.add(0, w, m.in(0, x) * m.in(1, y)));
      }
      case GradientOp.LinearSource op -> linear(node.input(0).shape(), node.input(1).shape(), new Sums(m, node),
          (sums, x, w, y) -> sums.add(0, x, m.in(0, y) * m.in(1, w)));
      case GradientOp.LinearWeights op -> {
        Sums sums = new Sums(m, node);
        if (op.bias()) {
          columns(node.input(1).shape(), 1, sums);
        }
        linear(node.input(1).shape(), node.output().shape(), sums,
            (s, x, w, y) -> s.add(0, w, m.in(0, x) * m.in(1, y)));
      }
      case GradientOp.GroupNormInputs op -> groupNorm(op.forward(), node, m);
      case GradientOp.LayerNormInputs op -> layerNorm(op.epsilon(), node, m);
      case GradientOp.AttentionInputs op -> attention(op.forward(), node, m);
      case GradientOp.ActivateSource op -> {
        for (long i = 0; i < node.output().shape().elements(); i++) {
          m.out(i, op.function().derivative(m.in(0, i)) * m.in(1, i));
        }
      }
      case GradientOp.Sum op -> sum(node, m);
      case GradientOp.Embed op -> embed(op, node, m);
      case GradientOp.EmbeddingTable op -> embeddingTable(node, m);
      case GradientOp loss -> LossKernels.run(loss, node, m.inputs(), m.outputs());
    }
  }

  /** Results of one node, summed in double and written once. */
  private static final class Sums {
    final Memory memory;
    final double[][] values;

    Sums(Memory memory, Node node) {
      this.memory = memory;
      values = node.outputs().stream().map(v -> new double[(int) v.shape().elements()]).toArray(double[][]::new);
    }

    void add(int output, long index, double value) {
      values[output][(int) index] += value;
    }

    void write() {
      for (int output = 0; output < values.length; output++) {
        for (int i = 0; i < values[output].length; i++) {
          memory.out(output, i, values[output][i]);
        }
      }
    }
  }

  /** One product of a forward operation: an element of the source, of the weights, and of the result. */
  private interface Product {
    void use(Sums sums, long x, long w, long y);
  }

  private static void conv2d(int stride, Op.Padding padding, Shape src, Shape weights, Shape dst, Sums sums,
      Product product) {
    for (long y = 0; y < dst.elements(); y++) {
      long oc = y % dst.dim(3);
      long ow = y / dst.dim(3) % dst.dim(2);
      long oh = y / dst.dim(3) / dst.dim(2) % dst.dim(1);
      long n = y / dst.dim(3) / dst.dim(2) / dst.dim(1);
      for (long kh = 0; kh < weights.dim(2); kh++) {
        long h = oh * stride + kh - padding.top();
        for (long kw = 0; kw < weights.dim(3); kw++) {
          long w = ow * stride + kw - padding.left();
          if (h < 0 || h >= src.dim(1) || w < 0 || w >= src.dim(2)) {
            continue;
          }
          for (long ic = 0; ic < src.dim(3); ic++) {
            product.use(sums, ((n * src.dim(1) + h) * src.dim(2) + w) * src.dim(3) + ic,
                ((oc * src.dim(3) + ic) * weights.dim(2) + kh) * weights.dim(3) + kw, y);
          }
        }
      }
    }
    sums.write();
  }

  private static void linear(Shape dst, Shape weights, Sums sums, Product product) {
    long out = weights.dim(0);
    long in = weights.dim(1);
    for (long y = 0; y < dst.elements(); y++) {
      for (long i = 0; i < in; i++) {
        product.use(sums, y / out * in + i, y % out * in + i, y);
      }
    }
    sums.write();
  }

  /** Sums of an input's last axis into the second result: a bias's gradient. */
  private static void columns(Shape dy, int input, Sums sums) {
    for (long i = 0; i < dy.elements(); i++) {
      sums.add(1, i % dy.dim(-1), sums.memory.in(input, i));
    }
  }

  /**
   * f(x) = act(z), z = u (1 + s) + b, u = xhat gamma + beta; with e = dL/dxhat: dx = (e - mean(e) - xhat mean(e xhat))
   * / deviation.
   */
  private static void groupNorm(Op.GroupNorm op, Node node, Memory m) {
    Shape shape = node.input(0).shape(); // (N, ..., C)
    int dyAt = node.inputs().size() - 1;
    int rows = op.addRow() ? 4 : 3;
    long channels = shape.dim(-1);
    long pixels = shape.elements() / shape.dim(0) / channels;
    long width = channels / op.groups();
    Sums sums = new Sums(m, node);
    for (long n = 0; n < shape.dim(0); n++) {
      for (long g = 0; g < op.groups(); g++) {
        int count = (int) (pixels * width);
        double[] x = new double[count];
        double[] e = new double[count];
        long[] index = new long[count];
        int at = 0;
        for (long p = 0; p < pixels; p++) {
          for (long c = g * width; c < (g + 1) * width; c++, at++) {
            index[at] = (n * pixels + p) * channels + c;
            x[at] = m.in(0, index[at]) + (op.addRow() ? m.in(3, n * channels + c) : 0);
          }
        }
        double inverse = normalise(x, op.epsilon());
        for (int i = 0; i < count; i++) {
          long c = index[i] % channels;
          double u = x[i] * m.in(1, c) + m.in(2, c);
          double scale = op.scaleShift() ? 1 + m.in(rows, 2 * n * channels + c) : 1;
          double z = u * scale + (op.scaleShift() ? m.in(rows, (2 * n + 1) * channels + c) : 0);
          double dz = m.in(dyAt, index[i]) * (op.activation() == null ? 1 : op.activation().derivative(z));
          if (op.scaleShift()) {
            sums.add(rows, 2 * n * channels + c, dz * u);
            sums.add(rows, (2 * n + 1) * channels + c, dz);
          }
          sums.add(1, c, dz * scale * x[i]);
          sums.add(2, c, dz * scale);
          e[i] = dz * scale * m.in(1, c);
        }
        throughNormalisation(x, e, inverse);
        for (int i = 0; i < count; i++) {
          sums.add(0, index[i], e[i]);
          if (op.addRow()) {
            sums.add(3, n * channels + index[i] % channels, e[i]);
          }
        }
      }
    }
    sums.write();
  }

  private static void layerNorm(double epsilon, Node node, Memory m) {
    Shape shape = node.input(0).shape();
    int channels = shape.intDim(-1);
    Sums sums = new Sums(m, node);
    for (long row = 0; row < shape.elements() / channels; row++) {
      double[] x = new double[channels];
      double[] e = new double[channels];
      for (int c = 0; c < channels; c++) {
        x[c] = m.in(0, row * channels + c);
      }
      double inverse = normalise(x, epsilon);
      for (int c = 0; c < channels; c++) {
        double dy = m.in(2, row * channels + c);
        sums.add(1, c, dy * x[c]);
        sums.add(2, c, dy);
        e[c] = dy * m.in(1, c);
      }
      throughNormalisation(x, e, inverse);
      for (int c = 0; c < channels; c++) {
        sums.add(0, row * channels + c, e[c]);
      }
    }
    sums.write();
  }

  /** Makes x its deviation from the mean in standard deviations; returns the inverse of the standard deviation. */
  private static double normalise(double[] x, double epsilon) {
    double mean = java.util.Arrays.stream(x).average().orElse(0);
    double variance = java.util.Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElse(0);
    double inverse = 1 / Math.sqrt(variance + epsilon);
    for (int i = 0; i < x.length; i++) {
      x[i] = (x[i] - mean) * inverse;
    }
    return inverse;
  }

  /** Turns the gradient by the normalised values into that by the values. */
  private static void throughNormalisation(double[] normalised, double[] e, double inverse) {
    double mean = 0;
    double along = 0;
    for (int i = 0; i < e.length; i++) {
      mean += e[i] / e.length;
      along += e[i] * normalised[i] / e.length;
    }
    for (int i = 0; i < e.length; i++) {
      e[i] = (e[i] - mean - normalised[i] * along) * inverse;
    }
  }

  /** With p = softmax(s): ds = p (dp - sum(p dp)), dp = dy v^T. */
  private static void attention(Op.Attention op, Node node, Memory m) {
    boolean packed = op.packing() == Op.Packing.QKV;
    int kv = packed ? 0 : 1;
    int dyAt = node.inputs().size() - 1;
    Shape dst = node.input(dyAt).shape(); // (N, Lq, C)
    long channels = dst.dim(2);
    long width = channels / op.heads();
    int keys = node.input(kv).shape().intDim(1);
    long qRow = packed ? 3 * channels : channels;
    long kvRow = packed ? 3 * channels : 2 * channels;
    long kAt = packed ? channels : 0;
    Sums sums = new Sums(m, node);
    double[] p = new double[keys];
    double[] dp = new double[keys];
    for (long n = 0; n < dst.dim(0); n++) {
      for (int head = 0; head < op.heads(); head++) {
        for (long q = 0; q < dst.dim(1); q++) {
          int seen = op.causal() ? (int) Math.min(keys, q + 1) : keys;
          double max = Double.NEGATIVE_INFINITY;
          for (int k = 0; k < seen; k++) {
            double dot = 0;
            for (long c = head * width; c < (head + 1) * width; c++) {
              dot += m.in(0, (n * dst.dim(1) + q) * qRow + c) * m.in(kv, (n * keys + k) * kvRow + kAt + c);
            }
            p[k] = dot * op.scale() + (op.biased() ? m.in(kv + 1, n * keys + k) : 0);
            max = Math.max(max, p[k]);
          }
          double total = 0;
          for (int k = 0; k < seen; k++) {
            p[k] = Math.exp(p[k] - max);
            total += p[k];
          }
          double mean = 0;
          for (int k = 0; k < seen; k++) {
            p[k] /= total;
            dp[k] = 0;
            for (long c = head * width; c < (head + 1) * width; c++) {
              double dy = m.in(dyAt, (n * dst.dim(1) + q) * channels + c);
              long v = (n * keys + k) * kvRow + kAt + channels + c;
              dp[k] += dy * m.in(kv, v);
              sums.add(kv, v, p[k] * dy);
            }
            mean += p[k] * dp[k];
          }
          for (int k = 0; k < seen; k++) {
            double ds = p[k] * (dp[k] - mean) * op.scale();
            for (long c = head * width; c < (head + 1) * width; c++) {
              long query = (n * dst.dim(1) + q) * qRow + c;
              long key = (n * keys + k) * kvRow + kAt + c;
              sums.add(0, query, ds * m.in(kv, key));
              sums.add(kv, key, ds * m.in(0, query));
            }
          }
        }
      }
    }
    sums.write();
  }

  private static void sum(Node node, Memory m) {
    Shape src = node.input(0).shape();
    Shape dst = node.output().shape();
    Sums sums = new Sums(m, node);
    long each = src.elements() / src.dim(0);
    for (long i = 0; i < src.elements(); i++) {
      boolean overSamples = dst.elements() == each && dst.dim(0) == 1;
      sums.add(0, overSamples ? i % each : i / each * dst.dim(-1) + i % dst.dim(-1), m.in(0, i));
    }
    sums.write();
  }

  private static void embed(GradientOp.Embed op, Node node, Memory m) {
    long kept = ReferenceKernels.inner(node.input(0).shape(), op.axis());
    long all = ReferenceKernels.inner(node.output().shape(), op.axis());
    long skipped = op.from() * ReferenceKernels.inner(node.output().shape(), op.axis() + 1);
    for (long i = 0; i < node.output().shape().elements(); i++) {
      long at = i % all - skipped;
      m.out(i, at >= 0 && at < kept ? m.in(0, i / all * kept + at) : 0);
    }
  }

  private static void embeddingTable(Node node, Memory m) {
    Sums sums = new Sums(m, node);
    long width = node.output().shape().dim(1);
    for (long i = 0; i < node.input(1).shape().elements(); i++) {
      sums.add(0, m.integer(0, i / width) * width + i % width, m.in(1, i));
    }
    sums.write();
  }
}
