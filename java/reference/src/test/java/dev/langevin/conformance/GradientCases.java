package dev.langevin.conformance;

import static dev.langevin.conformance.Operand.indices;
import static dev.langevin.conformance.Operand.result;
import static dev.langevin.conformance.Operand.weight;
import static dev.langevin.conformance.Operand.x;

import dev.langevin.graph.Activation;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Op;
import dev.langevin.graph.Op.Padding;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Cases of the operations that training alone has, over the sizes of {@link ForwardCases}. */
final class GradientCases {

  private static final int[] BATCHES = {1, 3};
  private static final int[] CHANNELS = {1, 3, 5, 17, 33};

  private GradientCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    for (int n : BATCHES) {
      for (int i = 0; i < CHANNELS.length; i++) {
        layers(cases, n, CHANNELS[i], CHANNELS[(i + 1) % CHANNELS.length]);
        norms(cases, n, CHANNELS[i]);
        moves(cases, n, CHANNELS[i]);
        losses(cases, n, CHANNELS[i]);
      }
      attentions(cases, n);
    }
    // as many channels as Winograd's algorithm is taken for
    Padding one = Padding.of(1);
    cases.add(conv2dSource(new GradientOp.Conv2dSource(1, one), 1, 9, 11, 64, 65, 3));
    cases.add(conv2dWeights(new GradientOp.Conv2dWeights(1, one, true), 1, 9, 11, 64, 65, 3));
    return cases;
  }

  private static void layers(List<OpCase> cases, int n, int in, int out) {
    for (int stride = 1; stride <= 2; stride++) {
      Padding padding = stride == 1 ? Padding.of(1) : new Padding(0, 0, 1, 1);
      cases.add(conv2dSource(new GradientOp.Conv2dSource(stride, padding), n, 7, 5, in, out, 3));
      cases.add(conv2dWeights(new GradientOp.Conv2dWeights(stride, padding, stride == 1), n, 7, 5, in, out, 3));
    }
    cases.add(conv2dSource(new GradientOp.Conv2dSource(1, Padding.of(0)), n, 7, 5, in, out, 1));
    cases.add(conv2dWeights(new GradientOp.Conv2dWeights(1, Padding.of(0), false), n, 7, 5, in, out, 1));
    for (Operand weights : List.of(weight(out, in), x(out, in))) {
      cases.add(OpCase.of(new GradientOp.LinearSource(), out, List.of(x(n, 19, out), weights), Shape.of(n, 19, in)));
    }
    List<Operand> operands = List.of(x(n, 19, in), x(n, 19, out));
    cases.add(OpCase.of(new GradientOp.LinearWeights(true), 19L * n, operands, Shape.of(out, in), Shape.of(out)));
    cases.add(OpCase.of(new GradientOp.LinearWeights(false), 19L * n, operands, Shape.of(out, in)));
  }

  private static OpCase conv2dSource(GradientOp.Conv2dSource op, int n, int h, int w, int in, int out, int kernel) {
    int height = outExtent(h, kernel, op.stride(), op.padding());
    int width = outExtent(w, kernel, op.stride(), op.padding());
    List<Operand> operands = List.of(x(n, height, width, out), weight(out, in, kernel, kernel));
    return OpCase.of(op, (long) out * kernel * kernel, operands, Shape.of(n, h, w, in));
  }

  private static OpCase conv2dWeights(GradientOp.Conv2dWeights op, int n, int h, int w, int in, int out, int kernel) {
    int height = outExtent(h, kernel, op.stride(), op.padding());
    int width = outExtent(w, kernel, op.stride(), op.padding());
    List<Operand> operands = List.of(x(n, h, w, in), x(n, height, width, out));
    Shape weights = Shape.of(out, in, kernel, kernel);
    long length = (long) n * height * width;
    return op.bias() ? OpCase.of(op, length, operands, weights, Shape.of(out))
        : OpCase.of(op, length, operands, weights);
  }

  /** Padding is the same in both directions, as in every network here. */
  private static int outExtent(int in, int kernel, int stride, Padding padding) {
    return (in + padding.top() + padding.bottom() - kernel) / stride + 1;
  }

  private static void norms(List<OpCase> cases, int n, int c) {
    if (c > 1) { // of one number nothing is left but rounding, divided by the root of epsilon
      cases.add(OpCase.of(new GradientOp.LayerNormInputs(1e-5), Math.max(c, 7L * n),
          List.of(x(n, 7, c), weight(c), x(n, 7, c)), Shape.of(n, 7, c), Shape.of(c), Shape.of(c)));
    }
    for (int groups : c % 3 == 0 ? new int[] {1, c / 3} : new int[] {1, c}) {
      for (Activation function : new Activation[] {null, Activation.SILU}) {
        for (int rows = 0; rows < 4; rows++) {
          Op.GroupNorm forward = new Op.GroupNorm(groups, 1e-5, (rows & 1) != 0, (rows & 2) != 0, function);
          List<Operand> operands = new ArrayList<>(ForwardCases.groupNormOperands(n, c, forward));
          Shape[] outputs = operands.stream().map(Operand::shape).toArray(Shape[]::new);
          operands.add(x(n, 7, 5, c));
          long length = 35L * Math.max(n, c / groups);
          cases.add(OpCase.of(new GradientOp.GroupNormInputs(forward), length, operands, outputs));
        }
      }
    }
  }

  private static void attentions(List<OpCase> cases, int n) {
    for (int size : new int[] {8, 40, 41}) {
      for (int mask = 0; mask < 4; mask++) {
        for (Op.Packing packing : Op.Packing.values()) {
          boolean causal = (mask & 1) != 0;
          if (causal && packing != Op.Packing.QKV) {
            continue;
          }
          Op.Attention forward = new Op.Attention(2, 1 / Math.sqrt(size), packing, causal, (mask & 2) != 0);
          List<Operand> operands = new ArrayList<>(ForwardCases.attentionOperands(n, 21, forward, size));
          Shape[] outputs = operands.stream().map(Operand::shape)
              .filter(shape -> shape.rank() == 3).toArray(Shape[]::new); // not the bias
          operands.add(result(n, 21, 2 * size));
          operands.add(x(n, 21, 2 * size));
          cases.add(OpCase.of(new GradientOp.AttentionInputs(forward), 21L + size, operands, outputs));
        }
      }
    }
  }

  private static void moves(List<OpCase> cases, int n, int c) {
    Shape shape = Shape.of(n, 7, 5, c);
    for (Activation function : Activation.values()) {
      cases.add(OpCase.of(
          new GradientOp.ActivateSource(function), 1, List.of(x(shape.dims()), x(shape.dims())), shape));
    }
    cases.add(OpCase.of(new GradientOp.Sum(), 35, List.of(x(shape.dims())), Shape.of(n, c)));
    cases.add(OpCase.of(new GradientOp.Sum(), n, List.of(x(shape.dims())), Shape.of(1, 7, 5, c)));
    cases.add(OpCase.exact(new GradientOp.Embed(1, 2), List.of(x(n, 3, c)), Shape.of(n, 7, c)));
    cases.add(OpCase.exact(new GradientOp.Embed(2, 3), List.of(x(n, 7, c)), Shape.of(n, 7, c + 5)));
    cases.add(OpCase.exact(new GradientOp.Dropout(0.25, c), List.of(x(shape.dims()), indices(9, 1)), shape));
    cases.add(OpCase.of(
        new GradientOp.EmbeddingTable(), 7L * n, List.of(indices(5, n, 7), x(n, 7, c)), Shape.of(5, c)));
  }

  private static void losses(List<OpCase> cases, int n, int c) {
    Shape shape = Shape.of(n, 7, 5, c);
    Shape half = Shape.of(n, c, 7, 5);
    Operand moments = x(n, 7, 5, 2 * c);
    for (LossFunction function : List.of(new LossFunction.SquaredError(), new LossFunction.AbsoluteError(),
        new LossFunction.Huber(0.5))) {
      cases.add(OpCase.of(new GradientOp.Loss(function), 35L * c, List.of(x(shape.dims()), x(shape.dims()), x(n)),
          Shape.of(n), shape));
    }
    cases.add(OpCase.of(new GradientOp.LearnedVarianceLoss(0.001), 35L * c, List.of(x(n, 2 * c, 7, 5), x(half.dims()),
        x(half.dims()), x(half.dims()), x(n), steps(n)), Shape.of(n), Shape.of(n, 2 * c, 7, 5)));
    cases.add(OpCase.of(
        new GradientOp.CrossEntropy(), c, List.of(x(n, c), indices(c, n)), Shape.of(n), Shape.of(n, c)));
    cases.add(OpCase.of(
        new GradientOp.ContrastiveLoss(14), c, List.of(x(n, c), x(n, c)), Shape.of(n), Shape.of(n, c), Shape.of(n, c)));
    cases.add(OpCase.of(new GradientOp.GaussianSample(), 1, List.of(moments, x(shape.dims())), shape));
    cases.add(OpCase.of(
        new GradientOp.GaussianSampleMoments(), 1, List.of(moments, x(shape.dims()), x(shape.dims())),
        moments.shape()));
    cases.add(OpCase.of(
        new GradientOp.GaussianDivergence(0.1), 35L * c, List.of(moments), Shape.of(n), moments.shape()));
  }

  /** Plausible numbers of a step for each sample, the last of which is at t = 0. */
  private static Operand steps(int n) {
    float[] values = new float[8 * n];
    for (int i = 0; i < n; i++) {
      float[] step = {1.2f, 0.7f, 0.3f, 0.65f, -4, -2, -3.5f, i == n - 1 ? 1 : 0};
      System.arraycopy(step, 0, values, 8 * i, 8);
    }
    return x(values, n, 8);
  }
}
