package dev.langevin.graph;

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
