package dev.langevin.conformance;

import static dev.langevin.conformance.Operand.indices;
import static dev.langevin.conformance.Operand.weight;
import static dev.langevin.conformance.Operand.x;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Op;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.PostOp;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Cases of the forward operations: one channel, and channels below and above a vector's width with tails; odd heights;
 * batches of 1 and 3.
 */
final class ForwardCases {

  private static final int[] BATCHES = {1, 3};
  private static final int[] CHANNELS = {1, 3, 5, 17, 33};
  private static final int[] HEAD_SIZES = {8, 40, 41};

  private ForwardCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    convolutions(cases);
    linears(cases);
    norms(cases);
    attentions(cases);
    elementwise(cases);
    moves(cases);
    pictures(cases);
    tables(cases);
    return cases;
  }

  private static void convolutions(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int i = 0; i < CHANNELS.length; i++) {
        int in = CHANNELS[i];
        int out = CHANNELS[(i + 1) % CHANNELS.length];
        for (Operand.Kind weights : List.of(Operand.Kind.WEIGHT, Operand.Kind.INPUT)) {
          cases.add(conv2d(n, 7, 5, in, out, 1, new Op.Conv2d(1, Padding.of(0), true, List.of()), weights));
          cases.add(conv2d(n, 7, 5, in, out, 3, new Op.Conv2d(1, Padding.of(1), false, List.of()), weights));
        }
        Op.Conv2d halving = new Op.Conv2d(2, new Padding(0, 0, 1, 1), true, List.of());
        cases.add(conv2d(n, 9, 7, in, out, 3, halving, Operand.Kind.WEIGHT));
        for (List<PostOp> post : posts(3)) {
          cases.add(conv2d(n, 7, 5, in, out, 3, new Op.Conv2d(1, Padding.of(1), true, post), Operand.Kind.WEIGHT));
        }
      }
    }
    // as many channels as Winograd's algorithm is taken for, and a height that its tiles do not divide
    for (List<PostOp> post : posts(3)) {
      cases.add(conv2d(1, 17, 15, 64, 65, 3, new Op.Conv2d(1, Padding.of(1), true, post), Operand.Kind.WEIGHT));
    }
    List<PostOp> rectified = List.of(new PostOp.Activate(Activation.RELU));
    cases.add(conv2d(1, 17, 15, 64, 65, 5, new Op.Conv2d(1, Padding.of(2), true, rectified), Operand.Kind.WEIGHT));
    cases.add(conv2d(2, 17, 15, 33, 64, 5, new Op.Conv2d(1, Padding.of(2), false, List.of()), Operand.Kind.WEIGHT));
    cases.add(conv2d(1, 9, 11, 64, 65, 3, new Op.Conv2d(1, Padding.of(1), true, List.of()), Operand.Kind.WEIGHT));
  }

  private static OpCase conv2d(int n, int h, int w, int in, int out, int kernel, Op.Conv2d op, Operand.Kind weights) {
    Padding pad = op.padding();
    Shape dst = Shape.of(n, (h + pad.top() + pad.bottom() - kernel) / op.stride() + 1,
        (w + pad.left() + pad.right() - kernel) / op.stride() + 1, out);
    long length = (long) in * kernel * kernel;
    return layer(op, length, x(n, h, w, in), weights, op.bias(), op.post(), dst, out, in, kernel, kernel);
  }

  private static void linears(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int i = 0; i < CHANNELS.length; i++) {
        int in = CHANNELS[i];
        int out = CHANNELS[(i + 2) % CHANNELS.length];
        for (Operand.Kind weights : List.of(Operand.Kind.WEIGHT, Operand.Kind.INPUT)) {
          cases.add(linear(n, 19, in, out, new Op.Linear(true, List.of()), weights));
          cases.add(linear(n, 1, in, out, new Op.Linear(false, List.of()), weights));
        }
        for (List<PostOp> post : posts(3)) {
          cases.add(linear(n, 19, in, out, new Op.Linear(true, post), Operand.Kind.WEIGHT));
        }
      }
    }
    cases.add(linear(1, 77, 129, 130, new Op.Linear(true, List.of()), Operand.Kind.WEIGHT));
  }

  private static OpCase linear(int n, int rows, int in, int out, Op.Linear op, Operand.Kind weights) {
    return layer(op, in, x(n, rows, in), weights, op.bias(), op.post(), Shape.of(n, rows, out), out, in);
  }

  /** A layer with its weights of shape {@code dims}, its bias and what its post-ops read. */
  private static OpCase layer(
      Op op, long length, Operand src, Operand.Kind weights, boolean bias, List<PostOp> post, Shape dst, long... dims) {
    boolean stored = weights == Operand.Kind.WEIGHT;
    List<Operand> operands = new ArrayList<>(List.of(src, stored ? weight(dims) : x(dims)));
    if (bias) {
      operands.add(stored ? weight(dims[0]) : x(dims[0]));
    }
    for (PostOp each : post) {
      if (each instanceof PostOp.Prelu) {
        operands.add(weight(dst.dim(-1)));
      } else if (each instanceof PostOp.AddInput || each instanceof PostOp.MultiplyInput) {
        operands.add(x(dst.dims()));
      }
    }
    return OpCase.of(op, length, operands, dst);
  }

  /** Each kind of post-op, and several one after another; the first that reads an input reads {@code next}. */
  private static List<List<PostOp>> posts(int next) {
    return List.of(
        List.of(new PostOp.Activate(Activation.SILU)),
        List.of(new PostOp.Activate(Activation.LEAKY_RELU), new PostOp.Multiply(0.2), new PostOp.AddInput(next)),
        List.of(new PostOp.Prelu(next)),
        List.of(new PostOp.AddInput(next), new PostOp.Multiply(0.5)),
        List.of(new PostOp.Activate(Activation.GELU), new PostOp.MultiplyInput(next), new PostOp.AddInput(next + 1)));
  }

  private static void norms(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int c : CHANNELS) {
        cases.add(OpCase.of(new Op.LayerNorm(1e-5), c, List.of(x(n, 7, c), weight(c), weight(c)), Shape.of(n, 7, c)));
        for (int groups : c % 3 == 0 ? new int[] {1, c / 3} : new int[] {1, c}) {
          for (Activation function : new Activation[] {null, Activation.SILU}) {
            for (int rows = 0; rows < 4; rows++) {
              cases.add(groupNorm(n, c, new Op.GroupNorm(groups, 1e-5, (rows & 1) != 0, (rows & 2) != 0, function)));
            }
          }
        }
      }
    }
  }

  private static OpCase groupNorm(int n, int c, Op.GroupNorm op) {
    return OpCase.of(op, 35L * c / op.groups(), groupNormOperands(n, c, op), Shape.of(n, 7, 5, c));
  }

  /** On a picture of 7 by 5. */
  static List<Operand> groupNormOperands(int n, int c, Op.GroupNorm op) {
    List<Operand> operands = new ArrayList<>(List.of(x(n, 7, 5, c), weight(c), weight(c)));
    if (op.addRow()) {
      operands.add(x(n, c));
    }
    if (op.scaleShift()) {
      operands.add(x(n, 2 * c));
    }
    return operands;
  }

  private static void attentions(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int size : HEAD_SIZES) {
        for (int mask = 0; mask < 4; mask++) {
          for (Op.Packing packing : Op.Packing.values()) {
            boolean causal = (mask & 1) != 0;
            if (!causal || packing == Op.Packing.QKV) { // only a query among its own keys has keys behind it
              cases.add(attention(n, 37, 2, size, packing, causal, (mask & 2) != 0));
              cases.add(attention(n, 1, 1, size, packing, causal, (mask & 2) != 0));
            }
          }
        }
      }
    }
    cases.add(attention(1, 131, 1, 40, Op.Packing.QKV, false, false));
  }

  private static OpCase attention(
      int n, int length, int heads, int size, Op.Packing packing, boolean causal, boolean biased) {
    Op.Attention op = new Op.Attention(heads, 1 / Math.sqrt(size), packing, causal, biased);
    List<Operand> operands = attentionOperands(n, length, op, size);
    return OpCase.of(op, size + operands.getLast().shape().dim(1), operands, Shape.of(n, length, (long) heads * size));
  }

  /** {@code length} queries; as many keys, or 9 of them where they are inputs of their own. */
  static List<Operand> attentionOperands(int n, int length, Op.Attention op, int size) {
    int channels = op.heads() * size;
    boolean packed = op.packing() == Op.Packing.QKV;
    List<Operand> operands = new ArrayList<>(packed ? List.of(x(n, length, 3 * channels))
        : List.of(x(n, length, channels), x(n, 9, 2 * channels)));
    if (op.biased()) {
      operands.add(x(n, packed ? length : 9));
    }
    return operands;
  }

  private static void elementwise(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int c : CHANNELS) {
        Shape shape = Shape.of(n, 7, 5, c);
        for (Activation function : Activation.values()) {
          cases.add(OpCase.of(new Op.Activate(function), 1, List.of(x(shape.dims())), shape));
        }
        cases.add(OpCase.of(new Op.Prelu(), 1, List.of(x(shape.dims()), weight(c)), shape));
        cases.add(OpCase.of(new Op.Affine(-2.5, 3), 1, List.of(x(shape.dims())), shape));
        cases.add(OpCase.of(new Op.Add(), 1, List.of(x(shape.dims()), x(shape.dims())), shape));
        cases.add(OpCase.of(new Op.Add(), 1, List.of(x(shape.dims()), x(n, c)), shape)); // a row for each sample
        cases.add(OpCase.of(new Op.Add(), 1, List.of(x(shape.dims()), x(1, 7, 5, c)), shape)); // one for all samples
        cases.add(OpCase.of(new Op.Multiply(), 1, List.of(x(shape.dims()), x(shape.dims())), shape));
      }
    }
  }

  private static void moves(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int c : CHANNELS) {
        cases.add(OpCase.exact(new Op.Zeros(), List.of(), Shape.of(n, 7, c)));
        cases.add(OpCase.exact(new Op.Concat(2), List.of(x(n, 7, c), x(n, 7, 3)), Shape.of(n, 7, c + 3)));
        cases.add(OpCase.exact(new Op.Concat(1), List.of(x(n, 7, c), x(n, 2, c)), Shape.of(n, 9, c)));
        cases.add(OpCase.exact(new Op.Slice(2, c / 2), List.of(x(n, 7, c)), Shape.of(n, 7, c - c / 2)));
        cases.add(OpCase.exact(new Op.Slice(1, 2), List.of(x(n, 7, c)), Shape.of(n, 3, c)));
        cases.add(OpCase.exact(new Op.Slice(0, n - 1), List.of(x(n, 7, c)), Shape.of(1, 7, c)));
        cases.add(OpCase.exact(new Op.Reshape(), List.of(x(n, 7, c)), Shape.of(n * 7L, c)));
        cases.add(OpCase.exact(new Op.ToChannelsLast(), List.of(x(n, c, 7, 5)), Shape.of(n, 7, 5, c)));
        cases.add(OpCase.exact(new Op.ToChannelsFirst(), List.of(x(n, 7, 5, c)), Shape.of(n, c, 7, 5)));
      }
    }
  }

  private static void pictures(List<OpCase> cases) {
    for (int n : BATCHES) {
      for (int c : CHANNELS) {
        for (int factor = 2; factor <= 3; factor++) {
          long height = 7L * factor;
          cases.add(OpCase.exact(
              new Op.UpsampleNearest(factor), List.of(x(n, 7, 5, c)), Shape.of(n, height, 5L * factor, c)));
          long squares = (long) factor * factor;
          cases.add(OpCase.exact(new Op.PixelShuffle(factor), List.of(x(n, 7, 5, (int) squares * c)),
              Shape.of(n, height, 5L * factor, c)));
          cases.add(OpCase.exact(new Op.PixelUnshuffle(factor), List.of(x(n, 7 * factor, 5 * factor, c)),
              Shape.of(n, 7, 5, squares * c)));
          cases.add(OpCase.of(new Op.AveragePool(factor), (long) factor * factor, List.of(x(n, 7, 5, c)),
              Shape.of(n, 7 / factor, 5 / factor, c)));
        }
      }
    }
  }

  private static void tables(List<OpCase> cases) {
    for (int n : BATCHES) {
      float[] times = new float[n];
      for (int i = 0; i < n; i++) {
        times[i] = 999 - 437.5f * i;
      }
      for (int width : new int[] {2, 17, 32}) { // an odd width ends in a zero
        for (boolean cosineFirst : new boolean[] {true, false}) {
          cases.add(OpCase.of(
              new Op.TimeEmbedding(width, cosineFirst, 0, 10_000), 1, List.of(x(times, n)), Shape.of(n, width)));
        }
      }
      for (int c : CHANNELS) {
        cases.add(OpCase.exact(new Op.Embedding(), List.of(indices(11, n, 7), weight(11, c)), Shape.of(n, 7, c)));
        cases.add(OpCase.exact(new Op.NearestRow(), List.of(x(n, 7, c), weight(11, c)), Shape.of(n, 7, c)));
      }
    }
  }
}
