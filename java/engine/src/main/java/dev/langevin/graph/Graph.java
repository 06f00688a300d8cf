package dev.langevin.graph;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is computed: nodes in an order in which each finds its inputs computed. Immutable.
 *
 * @param inputs by name, in the order of declaration
 * @param steady names of the inputs that stay the same over many runs, as a prompt does over the steps of a sampler
 * @param outputs by name
 */
public record Graph(Map<String, Value> inputs, Set<String> steady, Map<String, Value> outputs, List<Node> nodes) {

  /** Copies its collections; inputs and outputs keep their order. */
  public Graph {
    inputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    steady = Set.copyOf(steady);
    outputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    nodes = List.copyOf(nodes);
  }

  /** Weights in the order of first use. */
  public List<Value> weights() {
    Set<Value> weights = new LinkedHashSet<>();
    for (Node node : nodes) {
      for (Value input : node.inputs()) {
        if (input.isWeight()) {
          weights.add(input);
        }
      }
    }
    return new ArrayList<>(weights);
  }

  /** Shape of every tensor of the weight file that is read, by name. */
  public Map<String, Shape> storedWeights() {
    Map<String, Shape> stored = new LinkedHashMap<>();
    for (Value weight : weights()) {
      weight.parts().forEach(part -> stored.put(part.name(), part.stored()));
    }
    return stored;
  }

  /** The nodes that depend on nothing but steady inputs and weights; empty where no input is steady. */
  public Set<Node> steadyNodes() {
    Set<Node> found = new LinkedHashSet<>();
    if (steady.isEmpty()) {
      return found;
    }
    Set<Value> known = new HashSet<>();
    steady.forEach(name -> known.add(inputs.get(name)));
    for (Node node : nodes) {
      if (node.inputs().stream().allMatch(input -> input.isWeight() || known.contains(input))) {
        known.add(node.output());
        found.add(node);
      }
    }
    return found;
  }

  /**
   * This graph, some of whose values lie in another type.
   *
   * @param types by value
   * @throws IllegalArgumentException if one is an input, an output or a weight: who writes and reads those knows their
   *   types
   */
  public Graph as(Map<Value, DType> types) {
    for (Value value : types.keySet()) {
      if (value.isWeight() || inputs.containsValue(value) || outputs.containsValue(value)) {
        throw new IllegalArgumentException(value + " is no value between two layers; it keeps " + value.dtype());
      }
    }
    return new Graph(inputs, steady, outputs, nodes.stream()
        .map(node -> new Node(node.op(), as(node.inputs(), types), as(node.outputs(), types))).toList());
  }

  private static List<Value> as(List<Value> values, Map<Value, DType> types) {
    return values.stream().map(value -> value.as(types.getOrDefault(value, value.dtype()))).toList();
  }

  /** How many nodes read each value; an output counts as one reader more. */
  public Map<Value, Integer> readers() {
    Map<Value, Integer> readers = new LinkedHashMap<>();
    for (Node node : nodes) {
      for (Value input : node.inputs()) {
        readers.merge(input, 1, Integer::sum);
      }
    }
    for (Value output : outputs.values()) {
      readers.merge(output, 1, Integer::sum);
    }
    return readers;
  }
}
