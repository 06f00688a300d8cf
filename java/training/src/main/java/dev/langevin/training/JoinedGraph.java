package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Two networks in one graph, so that a loss behind the second reaches the first: a text encoder before a U-Net. */
public final class JoinedGraph {

  private JoinedGraph() {}

  /**
   * Feeds outputs of the first network to inputs of the second, by the names in {@code joints}. The names of weights
   * get {@code
   * firstPrefix} and {@code secondPrefix}; inputs keep their names, outputs are those of the second. What neither needs
   * for these is left out.
   *
   * @throws GraphException if the shapes differ or an input's name stands twice
   */
  public static Graph of(String firstPrefix, Graph first, Map<String, String> joints, String secondPrefix,
      Graph second) {
    return join(firstPrefix, first, joints, secondPrefix, second, second.outputs().keySet());
  }

  /**
   * Two networks beside each other. The names of weights get {@code firstPrefix} and {@code secondPrefix}; inputs and
   * outputs keep theirs. What none of the wanted outputs needs is left out.
   *
   * @throws GraphException if an input's name stands twice
   */
  public static Graph beside(String firstPrefix, Graph first, String secondPrefix, Graph second, Set<String> wanted) {
    return join(firstPrefix, first, Map.of(), secondPrefix, second, wanted);
  }

  private static Graph join(String firstPrefix, Graph first, Map<String, String> joints, String secondPrefix,
      Graph second, Set<String> wanted) {
    Renumbered a = new Renumbered(firstPrefix, 0);
    Renumbered b = new Renumbered(secondPrefix, GraphExtension.nextId(first));
    Map<String, Value> inputs = new LinkedHashMap<>();
    first.inputs().forEach((name, value) -> inputs.put(name, a.of(value)));
    joints.forEach((output, input) -> {
      Value given = first.outputs().get(output);
      Value taken = second.inputs().get(input);
      if (!given.shape().equals(taken.shape())) {
        throw new GraphException(output + " is " + given.shape() + ", " + input + " asks for " + taken.shape());
      }
      b.known.put(taken, a.of(given));
    });
    second.inputs().forEach((name, value) -> {
      if (!joints.containsValue(name) && inputs.put(name, b.of(value)) != null) {
        throw new GraphException("both networks have an input '" + name + "'");
      }
    });
    List<Node> nodes = new ArrayList<>();
    first.nodes().forEach(node -> nodes.add(a.of(node)));
    second.nodes().forEach(node -> nodes.add(b.of(node)));
    Map<String, Value> outputs = new LinkedHashMap<>();
    first.outputs().forEach((name, value) -> outputs.put(name, a.of(value)));
    second.outputs().forEach((name, value) -> outputs.put(name, b.of(value)));
    outputs.keySet().retainAll(wanted);
    return pruned(inputs, outputs, nodes);
  }

  /** Without what no output depends on: of a text encoder, its pooled result. */
  private static Graph pruned(Map<String, Value> inputs, Map<String, Value> outputs, List<Node> nodes) {
    Set<Value> read = new HashSet<>(outputs.values());
    List<Node> kept = new ArrayList<>();
    for (Node node : nodes.reversed()) {
      if (node.outputs().stream().anyMatch(read::contains)) {
        kept.addFirst(node);
        read.addAll(node.inputs());
      }
    }
    inputs.values().removeIf(input -> !read.contains(input));
    return new Graph(inputs, Set.of(), outputs, kept);
  }

  private static final class Renumbered {
    final Map<Value, Value> known = new HashMap<>();
    final String prefix;
    final int offset;

    Renumbered(String prefix, int offset) {
      this.prefix = prefix;
      this.offset = offset;
    }

    Value of(Value value) {
      return known.computeIfAbsent(value, v -> new Value(v.id() + offset, v.isWeight() ? prefix + v.name() : v.name(),
          v.dtype(), v.shape(),
          v.parts().stream().map(p -> new WeightPart(prefix + p.name(), p.stored(), p.firstRow(), p.rows())).toList()));
    }

    Node of(Node node) {
      return new Node(node.op(), node.inputs().stream().map(this::of).toList(),
          node.outputs().stream().map(this::of).toList());
    }
  }
}
