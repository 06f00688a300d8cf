package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A graph that grows at its end. Used once, by one thread. */
final class GraphExtension {

  private final Graph graph;
  private final List<Node> nodes;
  private final Map<String, Value> inputs;
  private final Map<String, Value> outputs;
  private int nextId;

  GraphExtension(Graph graph) {
    this.graph = graph;
    nodes = new ArrayList<>(graph.nodes());
    inputs = new LinkedHashMap<>(graph.inputs());
    outputs = new LinkedHashMap<>(graph.outputs());
    nextId = nextId(graph);
  }

  /** A number above those of all values of a graph. */
  static int nextId(Graph graph) {
    return 1 + Stream.of(graph.inputs().values().stream(), graph.weights().stream(),
        graph.nodes().stream().flatMap(node -> node.outputs().stream())).flatMap(s -> s).mapToInt(Value::id).max()
        .orElse(0);
  }

  Value input(String name, DType dtype, Shape shape) {
    Value value = new Value(nextId++, name, dtype, shape, List.of());
    inputs.put(name, value);
    return value;
  }

  void output(String name, Value value) {
    outputs.put(name, value);
  }

  /** A new node with one result. */
  Value emit(String name, Op op, List<Value> in, Shape shape) {
    return emit(name, op, in, List.of(shape)).getFirst();
  }

  /** A new node. */
  List<Value> emit(String name, Op op, List<Value> in, List<Shape> shapes) {
    List<Value> results = new ArrayList<>();
    for (Shape shape : shapes) {
      results.add(new Value(nextId++, name, DType.F32, shape, List.of()));
    }
    nodes.add(new Node(op, in, results));
    return results;
  }

  Graph build() {
    return new Graph(inputs, graph.steady(), outputs, nodes);
  }
}
