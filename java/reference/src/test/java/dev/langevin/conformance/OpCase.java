package dev.langevin.conformance;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One operation on shapes of one size.
 *
 * @param length how many terms a result sums; 0 where values are moved and must be equal bit for bit
 * @param outputs shapes of what it computes, in the operation's order
 */
record OpCase(Op op, long length, List<Operand> operands, List<Shape> outputs) {

  static OpCase of(Op op, long length, List<Operand> operands, Shape... outputs) {
    return new OpCase(op, length, List.copyOf(operands), List.of(outputs));
  }

  /** Moved values, bit for bit. */
  static OpCase exact(Op op, List<Operand> operands, Shape output) {
    return of(op, 0, operands, output);
  }

  @Override
  public String toString() {
    List<String> shapes = operands.stream()
        .map(operand -> (operand.kind() == Operand.Kind.WEIGHT ? "weight " : "") + operand.shape()).toList();
    return op + " " + shapes + " -> " + outputs;
  }

  /** What operand {@code index} holds; the same at every call. */
  Tensor value(int index) {
    return operands.get(index).draw(31L * toString().hashCode() + index);
  }

  /** Of the first result, all but its last axis. */
  long rows() {
    return outputs.getFirst().elements() / outputs.getFirst().dim(-1);
  }

  /** Name of operand {@code index} in the graph, an input's or a weight's. */
  static String operand(int index) {
    return "in" + index;
  }

  /** Name of result {@code index} in the graph. */
  static String result(int index) {
    return "out" + index;
  }

  /**
   * The graph of this operation alone.
   *
   * @param inside whether its inputs and its results are copied on the way: a layer at a network's end keeps f32 in any
   *   precision
   */
  Graph graph(boolean inside) {
    List<Node> nodes = new ArrayList<>();
    Map<String, Value> inputs = new LinkedHashMap<>();
    Map<String, Value> results = new LinkedHashMap<>();
    List<Value> values = new ArrayList<>();
    int id = 0;
    for (int i = 0; i < operands.size(); i++) {
      Operand operand = operands.get(i);
      List<WeightPart> parts = operand.kind() != Operand.Kind.WEIGHT ? List.of()
          : List.of(new WeightPart(operand(i), operand.shape(), 0, operand.shape().dim(0)));
      Value value = new Value(id++, operand(i), operand.dtype(), operand.shape(), parts);
      switch (operand.kind()) {
        case INPUT -> inputs.put(operand(i), value);
        case WEIGHT -> {}
        case RESULT -> nodes.add(new Node(forward(), values, value));
      }
      if (inside && operand.kind() == Operand.Kind.INPUT && value.dtype() == DType.F32) {
        value = copy(id++, value, nodes);
      }
      values.add(value);
    }
    List<Value> computed = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      computed.add(new Value(id++, result(i), DType.F32, outputs.get(i), List.of()));
    }
    nodes.add(new Node(op, values, computed));
    for (int i = 0; i < outputs.size(); i++) {
      results.put(result(i), inside ? copy(id++, computed.get(i), nodes) : computed.get(i));
    }
    return new Graph(inputs, Set.of(), results, nodes);
  }

  private Op forward() {
    if (op instanceof GradientOp.AttentionInputs gradient) {
      return gradient.forward();
    }
    throw new IllegalStateException(op + " reads no result of a forward operation");
  }

  private static Value copy(int id, Value value, List<Node> nodes) {
    Value copy = new Value(id, value.name() + ".copy", DType.F32, value.shape(), List.of());
    nodes.add(new Node(new Op.Slice(0, 0), List.of(value), copy));
    return copy;
  }
}
