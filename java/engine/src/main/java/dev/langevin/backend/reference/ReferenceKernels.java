package dev.langevin.backend.reference;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The definitions of the operations, loop by loop. Sums are double, results are rounded to f32 once. */
final class ReferenceKernels {

  private ReferenceKernels() {}

  /** The arrays of one node, by element. */
  record Memory(List<MemorySegment> inputs, List<MemorySegment> outputs) {
    double in(int input, long index) {
      return inputs.get(input).getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    long integer(int input, long index) {
      return inputs.get(input).getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    void out(long index, double value) {
      out(0, index, value);
    }

    void out(int output, long index, double value) {
      outputs.get(output).setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
    }
  }

  static void run(Node node, Memory m) {
    switch (node.op()) {
      case Op.Conv2d op -> conv2d(op, node, m);
      case Op.Linear op -> linear(op, node, m);
      case Op.GroupNorm op -> groupNorm(op, node, m);
      case Op.LayerNorm op -> layerNorm(op, node, m);
      case Op.Attention op -> attention(op, node, m);
      case Op.Activate op -> elementwise(node, i -> op.function().apply(m.in(0, i)), m);
      case Op.Affine op -> elementwise(node, i -> m.in(0, i) * op.factor() + op.offset(), m);
      case Op.Add op -> elementwise(node, i -> m.in(0, i) + m.in(1, broadcast(node, 1, i)), m);
      case Op.Multiply op -> elementwise(node, i -> m.in(0, i) * m.in(1, i), m);
      case Op.Concat op -> concat(op, node, m);
      case Op.Zeros op -> m.outputs.getFirst().fill((byte) 0);
      case Op.Slice op -> {
        long kept = inner(node.output().shape(), op.axis());
        long all = inner(node.input(0).shape(), op.axis());
        long skipped = op.from() * inner(node.output().shape(), op.axis() + 1);
        elementwise(node, i -> m.in(0, i / kept * all + skipped + i % kept), m);
      }
      case Op.NearestRow op -> nearestRow(node, m);
      case Op.UpsampleNearest op -> upsample(op, node, m);
      case Op.Prelu op -> {
        long channels = node.output().shape().dim(-1);
        elementwise(node, i -> prelu(m.in(0, i), m.in(1, i % channels)), m);
      }
      case Op.PixelShuffle op -> {
        Shape dst = node.output().shape();
        elementwise(node, i -> m.in(0, folded(dst, op.factor(), i)), m);
      }
      case Op.PixelUnshuffle op -> {
        Shape src = node.input(0).shape();
        for (long i = 0; i < src.elements(); i++) {
          m.out(folded(src, op.factor(), i), m.in(0, i));
        }
      }
      case Op.AveragePool op -> averagePool(op, node, m);
      case Op.TimeEmbedding op -> timeEmbedding(op, node, m);
      case Op.Embedding op -> embedding(node, m);
      case Op.ToChannelsLast op -> {
        Shape s = node.input(0).shape(); // (N, C, H, W)
        transpose(s.dim(0), s.dim(1), s.dim(2) * s.dim(3), m);
      }
      case Op.ToChannelsFirst op -> {
        Shape s = node.input(0).shape(); // (N, H, W, C)
        transpose(s.dim(0), s.dim(1) * s.dim(2), s.dim(3), m);
      }
      case GradientOp op -> ReferenceGradients.run(op, node, m);
      case Op.Reshape op -> m.outputs.getFirst().copyFrom(m.inputs.getFirst());
    }
  }

  private interface Element {
    double at(long index);
  }

  private static void elementwise(Node node, Element element, Memory m) {
    long elements = node.output().shape().elements();
    for (long i = 0; i < elements; i++) {
      m.out(i, element.at(i));
    }
  }

  /** Index into an operand of the result's shape, or of shape (N, C) with one row a sample. */
  private static long broadcast(Node node, int input, long index) {
    Shape operand = node.input(input).shape();
    Shape result = node.output().shape();
    if (operand.elements() == result.elements()) {
      return index;
    }
    if (operand.dim(0) == 1 && result.dim(0) > 1) {
      return index % operand.elements();
    }
    long channels = result.dim(-1);
    return index / (result.elements() / result.dim(0)) * channels + index % channels;
  }

  private static double post(List<PostOp> post, Node node, Memory m, long index, double value) {
    for (PostOp op : post) {
      value = switch (op) {
        case PostOp.Activate a -> a.function().apply(value);
        case PostOp.Prelu p -> prelu(value, m.in(p.slopes(), index % node.output().shape().dim(-1)));
        case PostOp.Multiply by -> value * by.factor();
        case PostOp.AddInput add -> value + m.in(add.input(), broadcast(node, add.input(), index));
        case PostOp.MultiplyInput by -> value * m.in(by.input(), broadcast(node, by.input(), index));
      };
    }
    return value;
  }

  private static void conv2d(Op.Conv2d op, Node node, Memory m) {
    Shape src = node.input(0).shape(); // (N, H, W, IC)
    Shape weights = node.input(1).shape(); // (OC, IC, KH, KW)
    Shape dst = node.output().shape(); // (N, OH, OW, OC)
    long index = 0;
    for (long n = 0; n < dst.dim(0); n++) {
      for (long oh = 0; oh < dst.dim(1); oh++) {
        for (long ow = 0; ow < dst.dim(2); ow++) {
          for (long oc = 0; oc < dst.dim(3); oc++, index++) {
            double sum = op.bias() ? m.in(2, oc) : 0;
            for (long kh = 0; kh < weights.dim(2); kh++) {
              long h = oh * op.stride() + kh - op.padding().top();
              for (long kw = 0; kw < weights.dim(3); kw++) {
                long w = ow * op.stride() + kw - op.padding().left();
                if (h < 0 || h >= src.dim(1) || w < 0 || w >= src.dim(2)) {
                  continue;
                }
                long pixel = ((n * src.dim(1) + h) * src.dim(2) + w) * src.dim(3);
                for (long ic = 0; ic < src.dim(3); ic++) {
                  long weight = ((oc * src.dim(3) + ic) * weights.dim(2) + kh) * weights.dim(3) + kw;
                  sum += m.in(0, pixel + ic) * m.in(1, weight);
                }
              }
            }
            m.out(index, post(op.post(), node, m, index, sum));
          }
        }
      }
    }
  }

  private static void linear(Op.Linear op, Node node, Memory m) {
    long in = node.input(1).shape().dim(1);
    long out = node.input(1).shape().dim(0);
    long rows = node.input(0).shape().elements() / in;
    for (long row = 0; row < rows; row++) {
      for (long o = 0; o < out; o++) {
        double sum = op.bias() ? m.in(2, o) : 0;
        for (long i = 0; i < in; i++) {
          sum += m.in(0, row * in + i) * m.in(1, o * in + i);
        }
        m.out(row * out + o, post(op.post(), node, m, row * out + o, sum));
      }
    }
  }

  private static void groupNorm(Op.GroupNorm op, Node node, Memory m) {
    Shape shape = node.output().shape(); // (N, ..., C)
    long batch = shape.dim(0);
    long channels = shape.dim(-1);
    long pixels = shape.elements() / batch / channels;
    long width = channels / op.groups();
    for (long n = 0; n < batch; n++) {
      for (long g = 0; g < op.groups(); g++) {
        double sum = 0;
        double squares = 0;
        for (long p = 0; p < pixels; p++) {
          for (long c = g * width; c < (g + 1) * width; c++) {
            sum += m.in(0, (n * pixels + p) * channels + c) + (op.addRow() ? m.in(3, n * channels + c) : 0);
          }
        }
        double mean = sum / (pixels * width);
        for (long p = 0; p < pixels; p++) {
          for (long c = g * width; c < (g + 1) * width; c++) {
            double added = op.addRow() ? m.in(3, n * channels + c) : 0;
            double deviation = m.in(0, (n * pixels + p) * channels + c) + added - mean;
            squares += deviation * deviation;
          }
        }
        double inverse = 1 / Math.sqrt(squares / (pixels * width) + op.epsilon());
        for (long p = 0; p < pixels; p++) {
          for (long c = g * width; c < (g + 1) * width; c++) {
            long index = (n * pixels + p) * channels + c;
            double added = op.addRow() ? m.in(3, n * channels + c) : 0;
            double value = (m.in(0, index) + added - mean) * inverse * m.in(1, c) + m.in(2, c);
            if (op.scaleShift()) {
              int rows = op.addRow() ? 4 : 3;
              value = value * (1 + m.in(rows, 2 * n * channels + c)) + m.in(rows, (2 * n + 1) * channels + c);
            }
            m.out(index, op.activation() == null ? value : op.activation().apply(value));
          }
        }
      }
    }
  }

  private static void layerNorm(Op.LayerNorm op, Node node, Memory m) {
    long channels = node.output().shape().dim(-1);
    long rows = node.output().shape().elements() / channels;
    for (long row = 0; row < rows; row++) {
      double sum = 0;
      double squares = 0;
      for (long c = 0; c < channels; c++) {
        sum += m.in(0, row * channels + c);
      }
      double mean = sum / channels;
      for (long c = 0; c < channels; c++) {
        double deviation = m.in(0, row * channels + c) - mean;
        squares += deviation * deviation;
      }
      double inverse = 1 / Math.sqrt(squares / channels + op.epsilon());
      for (long c = 0; c < channels; c++) {
        m.out(row * channels + c, (m.in(0, row * channels + c) - mean) * inverse * m.in(1, c) + m.in(2, c));
      }
    }
  }

  private static void attention(Op.Attention op, Node node, Memory m) {
    boolean packed = op.packing() == Op.Packing.QKV;
    int kv = packed ? 0 : 1;
    Shape dst = node.output().shape(); // (N, Lq, C)
    long channels = dst.dim(2);
    long width = channels / op.heads();
    long keys = node.input(kv).shape().dim(1);
    long qRow = packed ? 3 * channels : channels;
    long kvRow = packed ? 3 * channels : 2 * channels;
    long kAt = packed ? channels : 0;
    double[] scores = new double[Math.toIntExact(keys)];
    for (long n = 0; n < dst.dim(0); n++) {
      for (int head = 0; head < op.heads(); head++) {
        for (long q = 0; q < dst.dim(1); q++) {
          double max = Double.NEGATIVE_INFINITY;
          for (int k = 0; k < keys; k++) {
            double dot = 0;
            for (long c = head * width; c < (head + 1) * width; c++) {
              dot += m.in(0, (n * dst.dim(1) + q) * qRow + c) * m.in(kv, (n * keys + k) * kvRow + kAt + c);
            }
            scores[k] = dot * op.scale() + (op.biased() ? m.in(kv + 1, n * keys + k) : 0);
            if (op.causal() && k > q) {
              scores[k] = Double.NEGATIVE_INFINITY;
            }
            max = Math.max(max, scores[k]);
          }
          double total = 0;
          for (int k = 0; k < keys; k++) {
            scores[k] = Math.exp(scores[k] - max);
            total += scores[k];
          }
          for (long c = head * width; c < (head + 1) * width; c++) {
            double sum = 0;
            for (int k = 0; k < keys; k++) {
              sum += scores[k] * m.in(kv, (n * keys + k) * kvRow + kAt + channels + c);
            }
            m.out((n * dst.dim(1) + q) * channels + c, sum / total);
          }
        }
      }
    }
  }

  /** Elements from an axis on. */
  static long inner(Shape shape, int axis) {
    long elements = 1;
    for (int i = axis; i < shape.rank(); i++) {
      elements *= shape.dim(i);
    }
    return elements;
  }

  private static void concat(Op.Concat op, Node node, Memory m) {
    long a = inner(node.input(0).shape(), op.axis());
    long b = inner(node.input(1).shape(), op.axis());
    elementwise(node, i -> {
      long row = i / (a + b);
      long c = i % (a + b);
      return c < a ? m.in(0, row * a + c) : m.in(1, row * b + c - a);
    }, m);
  }

  private static void upsample(Op.UpsampleNearest op, Node node, Memory m) {
    Shape src = node.input(0).shape();
    Shape dst = node.output().shape();
    elementwise(node, i -> {
      long c = i % dst.dim(3);
      long w = i / dst.dim(3) % dst.dim(2) / op.factor();
      long h = i / dst.dim(3) / dst.dim(2) % dst.dim(1) / op.factor();
      long n = i / dst.dim(3) / dst.dim(2) / dst.dim(1);
      return m.in(0, ((n * src.dim(1) + h) * src.dim(2) + w) * src.dim(3) + c);
    }, m);
  }

  private static double prelu(double x, double slope) {
    return x > 0 ? x : slope * x;
  }

  /** Where the element of a picture (N, H f, W f, C) lies with its squares folded into channels, (N, H, W, C f f). */
  private static long folded(Shape picture, int factor, long index) {
    long c = index % picture.dim(3);
    long w = index / picture.dim(3) % picture.dim(2);
    long row = index / picture.dim(3) / picture.dim(2); // of all samples
    long pixel = row / factor * (picture.dim(2) / factor) + w / factor;
    return ((pixel * picture.dim(3) + c) * factor + row % factor) * factor + w % factor;
  }

  private static void averagePool(Op.AveragePool op, Node node, Memory m) {
    Shape src = node.input(0).shape();
    Shape dst = node.output().shape();
    elementwise(node, i -> {
      long c = i % dst.dim(3);
      long w = i / dst.dim(3) % dst.dim(2) * op.size();
      long h = i / dst.dim(3) / dst.dim(2) % dst.dim(1) * op.size();
      long n = i / dst.dim(3) / dst.dim(2) / dst.dim(1);
      double sum = 0;
      for (int y = 0; y < op.size(); y++) {
        for (int x = 0; x < op.size(); x++) {
          sum += m.in(0, ((n * src.dim(1) + h + y) * src.dim(2) + w + x) * src.dim(3) + c);
        }
      }
      return sum / (op.size() * op.size());
    }, m);
  }

  private static void timeEmbedding(Op.TimeEmbedding op, Node node, Memory m) {
    float[] frequencies = op.frequencies();
    int half = frequencies.length;
    elementwise(node, i -> {
      int c = (int) (i % op.width());
      if (c >= 2 * half) {
        return 0; // an odd width ends in a zero
      }
      float angle = (float) m.in(0, i / op.width()) * frequencies[c % half];
      return (c < half) == op.cosineFirst() ? Math.cos(angle) : Math.sin(angle);
    }, m);
  }

  private static void embedding(Node node, Memory m) {
    Shape table = node.input(1).shape();
    elementwise(node, i -> {
      long row = m.integer(0, i / table.dim(1));
      if (row < 0 || row >= table.dim(0)) {
        throw new IllegalArgumentException(
            node.output().name() + ": index " + row + " is outside its table of " + table.dim(0) + " entries");
      }
      return m.in(1, row * table.dim(1) + i % table.dim(1));
    }, m);
  }

  private static void nearestRow(Node node, Memory m) {
    long channels = node.output().shape().dim(-1);
    long entries = node.input(1).shape().dim(0);
    for (long row = 0; row < node.output().shape().elements() / channels; row++) {
      long nearest = 0;
      double least = Double.POSITIVE_INFINITY;
      for (long k = 0; k < entries; k++) {
        double distance = 0;
        for (long c = 0; c < channels; c++) {
          double difference = m.in(0, row * channels + c) - m.in(1, k * channels + c);
          distance += difference * difference;
        }
        if (distance < least) {
          least = distance;
          nearest = k;
        }
      }
      for (long c = 0; c < channels; c++) {
        m.out(row * channels + c, m.in(1, nearest * channels + c));
      }
    }
  }

  /** Per sample a matrix of {@code rows} by {@code columns} becomes its transpose. */
  private static void transpose(long batch, long rows, long columns, Memory m) {
    for (long n = 0; n < batch; n++) {
      for (long r = 0; r < rows; r++) {
        for (long c = 0; c < columns; c++) {
          m.out((n * columns + c) * rows + r, m.in(0, (n * rows + r) * columns + c));
        }
      }
    }
  }
}
