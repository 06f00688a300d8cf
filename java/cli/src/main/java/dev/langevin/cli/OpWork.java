package dev.langevin.cli;

import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;

/** Multiplications and additions of operations. */
final class OpWork {

  private OpWork() {}

  /** Of a convolution, linear layer or attention; 0 for the rest, which memory bounds. */
  static double flops(Node node) {
    double outputs = node.output().shape().elements();
    return switch (node.op()) {
      case Op.Conv2d conv -> {
        Shape weights = node.input(1).shape(); // (OC, IC, KH, KW)
        yield 2 * outputs * weights.elements() / weights.dim(0);
      }
      case Op.Linear linear -> 2 * outputs * node.input(1).shape().dim(1);
      case Op.Attention attention ->
          4 * outputs * node.input(attention.packing() == Op.Packing.QKV ? 0 : 1).shape().dim(1);
      default -> 0;
    };
  }

  static double flops(Graph graph) {
    return graph.nodes().stream().mapToDouble(OpWork::flops).sum();
  }
}
