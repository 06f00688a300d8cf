package dev.langevin.backend.onednn;

import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Until the shim has them. */
final class StopgapNorms {

  private StopgapNorms() {}

  record Memory(List<MemorySegment> inputs, List<MemorySegment> outputs) {
    double in(int input, long index) {
      return inputs.get(input).getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    void out(int output, long index, double value) {
      outputs.get(output).setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
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

  /** f(x) = act(z), z = u (1 + s) + b, u = xhat gamma + beta; with e = dL/dxhat: dx = (e - mean(e) - xhat mean(e xhat)) / deviation. */
  static void groupNorm(Op.GroupNorm op, Node node, Memory m) {
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

  static void layerNorm(double epsilon, Node node, Memory m) {
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
}
