package dev.langevin.cuda;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which values of a network lie in 16 bits: those between its layers. F32 stay its inputs and outputs, what layers read
 * and give that are to be exact, what kernels know as f32 alone, and embeddings, which are few and come from a table.
 */
final class HalfValues {

  private final Set<Value> wide = new HashSet<>();

  private HalfValues() {}

  /** Values that lie in {@code half}, by value. */
  static Map<Value, DType> of(Graph graph, Set<Node> exact, DType half) {
    HalfValues values = new HalfValues();
    values.wide.addAll(graph.inputs().values());
    values.wide.addAll(graph.outputs().values());
    for (Node node : graph.nodes()) {
      values.keep(node, exact.contains(node));
    }
    boolean more = true;
    while (more) {
      more = false;
      for (Node node : graph.nodes()) {
        List<Value> alike = alike(node);
        more |= alike.stream().anyMatch(values.wide::contains) && values.wide.addAll(alike);
      }
    }
    Map<Value, DType> types = new HashMap<>();
    for (Node node : graph.nodes()) {
      for (Value value : node.outputs()) {
        if (value.dtype() == DType.F32 && !values.wide.contains(value)) {
          types.put(value, half);
        }
      }
    }
    return types;
  }

  /** Keeps what its kernel knows in f32 alone; of a layer that is exact, what it multiplies and gives, too. */
  private void keep(Node node, boolean exact) {
    List<Value> inputs = node.inputs();
    switch (node.op()) {
      case Op.Conv2d op -> wide.addAll(inputs.subList(1, op.bias() ? 3 : 2));
      case Op.Linear op -> wide.addAll(inputs.subList(1, op.bias() ? 3 : 2));
      case Op.GroupNorm op -> wide.addAll(inputs.subList(1, inputs.size()));
      case Op.LayerNorm op -> wide.addAll(inputs.subList(1, inputs.size()));
      case Op.Attention op -> wide.addAll(inputs.subList(multiplied(op), inputs.size()));
      case Op.TimeEmbedding op -> keepAll(node);
      case Op.Embedding op -> keepAll(node);
      case Op.NearestRow op -> keepAll(node);
      case Op.Zeros op -> keepAll(node); // filled by 4 bytes
      case GradientOp op -> keepAll(node);
      default -> {}
    }
    if (exact) {
      wide.add(node.input(0));
      wide.add(node.output());
    }
  }

  private void keepAll(Node node) {
    wide.addAll(node.inputs());
    wide.addAll(node.outputs());
  }

  /** Values of a node that are of one type: attention's kernels and a view know one alone. */
  private static List<Value> alike(Node node) {
    if (node.isView()) {
      return List.of(node.input(0), node.output());
    }
    return switch (node.op()) {
      case Op.Attention op when multiplied(op) == 1 -> List.of(node.input(0), node.output());
      case Op.Attention op -> List.of(node.input(0), node.input(1), node.output());
      default -> List.of();
    };
  }

  /** How many of attention's inputs are queries, keys and values. */
  private static int multiplied(Op.Attention op) {
    return op.packing() == Op.Packing.QKV ? 1 : 2;
  }
}
