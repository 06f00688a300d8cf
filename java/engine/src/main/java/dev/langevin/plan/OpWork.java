package dev.langevin.plan;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;

/** Multiplications and additions of operations. */
public final class OpWork {

  private OpWork() {}

  /** Of a convolution, linear layer or attention, or a gradient of one; 0 for the rest, which memory bounds. */
  public static double flops(Node node) {
    double outputs = node.output().shape().elements();
    return switch (node.op()) {
      case Op.Conv2d conv -> {
        Shape weights = node.input(1).shape(); // (OC, IC, KH, KW)
        yield 2 * outputs * weights.elements() / weights.dim(0);
      }
      case Op.Linear linear -> 2 * outputs * node.input(1).shape().dim(1);
      case Op.Attention attention ->
          4 * outputs * node.input(attention.packing() == Op.Packing.QKV ? 0 : 1).shape().dim(1);
      case GradientOp.Conv2dSource conv -> {
        Shape weights = node.input(1).shape();
        yield 2.0 * node.input(0).shape().elements() * weights.elements() / weights.dim(0);
      }
      case GradientOp.Conv2dWeights conv -> {
        Shape weights = node.output().shape();
        yield 2.0 * node.input(1).shape().elements() * weights.elements() / weights.dim(0);
      }
      case GradientOp.LinearSource linear -> 2 * outputs * node.input(1).shape().dim(0);
      case GradientOp.LinearWeights linear -> 2.0 * node.input(0).shape().elements() * node.output().shape().dim(0);
      case GradientOp.AttentionInputs attention -> { // scores anew, and the gradients of scores, queries, keys and
                                                     // values
        Shape dy = node.inputs().getLast().shape();
        yield 10.0 * dy.elements() * node.input(attention.forward().packing() == Op.Packing.QKV ? 0 : 1).shape().dim(1);
      }
      default -> 0;
    };
  }

  /** Of all nodes together. */
  public static double flops(Graph graph) {
    return graph.nodes().stream().mapToDouble(OpWork::flops).sum();
  }
}
