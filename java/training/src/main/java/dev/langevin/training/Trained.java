package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A graph in which some weights are inputs, so that they may change from run to run.
 *
 * @param graph with an input for each trained weight, named as the weight; no input is steady, as each run has other
 *   data
 * @param parameters the trained weights as the file has them, by name: parts say where each comes from
 */
public record Trained(Graph graph, Map<String, Value> parameters) {

  /**
   * Makes inputs of the weights whose stored names are chosen.
   *
   * @throws GraphException if two weights read the same rows of a stored tensor, or one is chosen in part
   */
  public static Trained of(Graph graph, Predicate<String> chosen) {
    Map<Value, Value> replaced = new HashMap<>();
    Map<String, Value> parameters = new LinkedHashMap<>();
    Set<WeightPart> seen = new LinkedHashSet<>();
    for (Value weight : graph.weights()) {
      long names = weight.parts().stream().filter(part -> chosen.test(part.name())).count();
      if (names == 0) {
        continue;
      }
      if (names < weight.parts().size()) {
        throw new GraphException(weight + " is made of " + weight.parts() + ": train all of them or none");
      }
      for (WeightPart part : weight.parts()) {
        for (WeightPart other : seen) {
          if (other.name().equals(part.name()) && part.firstRow() < other.firstRow() + other.rows()
              && other.firstRow() < part.firstRow() + part.rows()) {
            throw new GraphException(part.name() + " is read in two ways (" + weight + "); it cannot be trained");
          }
        }
        seen.add(part);
      }
      replaced.put(weight, new Value(weight.id(), weight.name(), weight.dtype(), weight.shape(), List.of()));
      parameters.put(weight.name(), weight);
    }
    Map<String, Value> inputs = new LinkedHashMap<>(graph.inputs());
    replaced.values().stream().sorted(java.util.Comparator.comparingInt(Value::id))
        .forEach(value -> inputs.put(value.name(), value));
    List<Node> nodes = graph.nodes().stream().map(node -> new Node(node.op(),
        node.inputs().stream().map(input -> replaced.getOrDefault(input, input)).toList(), node.outputs())).toList();
    return new Trained(new Graph(inputs, java.util.Set.of(), graph.outputs(), nodes), parameters);
  }
}
