package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.plan.FusePass;
import dev.langevin.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a graph into one that computes gradients too, by reverse accumulation (Linnainmaa 1970): the nodes are walked
 * backwards, and each says, from the gradient by its result, what is due to its inputs ({@link GradientRules}). What
 * does not lie between a wanted value and the loss is left out.
 */
public final class Autodiff {

  private final Graph graph;
  private final GraphExtension extension;
  private final Map<Value, Value> gradients = new HashMap<>();
  private final Set<Value> needed = new HashSet<>();
  private final Set<Value> reshaped = new HashSet<>();

  private Autodiff(Graph graph) {
    this.graph = graph;
    this.extension = new GraphExtension(graph);
  }

  /**
   * The graph with the gradients of a loss by some of its values as further outputs.
   *
   * @param graph as a model builds it, or with a loss behind it
   * @param seeds the loss's gradient by some values of the graph; each a value of the graph too
   * @param wanted the values by which gradients are asked for, by the name of the output that they become
   * @throws GraphException naming a wanted value that the loss does not depend on, or an operation without a gradient
   */
  public static Graph differentiate(Graph graph, Map<Value, Value> seeds, Map<String, Value> wanted) {
    return new Autodiff(FusePass.normalisations(graph)).run(seeds, wanted);
  }

  private Graph run(Map<Value, Value> seeds, Map<String, Value> wanted) {
    needed.addAll(wanted.values());
    for (Node node : graph.nodes()) {
      if (node.inputs().stream().anyMatch(needed::contains)) {
        needed.addAll(node.outputs());
      }
    }
    gradients.putAll(seeds);
    GradientRules rules = new GradientRules(this);
    for (Node node : graph.nodes().reversed()) {
      if (gradients.containsKey(node.output()) && needed.contains(node.output())) {
        rules.apply(node, gradients.get(node.output()));
      }
    }
    wanted.forEach((name, value) -> {
      if (!gradients.containsKey(value)) {
        throw new GraphException(value + ": the loss does not depend on it; leave it out of what is trained");
      }
      Value gradient = gradients.get(value);
      // a reshape has no memory of its own, which a gradient needs: it may be bound to the optimiser's
      extension.output(name, reshaped.contains(gradient)
          ? emit(value.name(), new Op.Affine(1, 0), List.of(gradient), gradient.shape()) : gradient);
    });
    return extension.build();
  }

  /** Whether the gradient by a value is of use. */
  boolean needs(Value value) {
    return needed.contains(value);
  }

  /** Adds a part of the gradient by a value. */
  void contribute(Value to, Value gradient) {
    Value before = gradients.get(to);
    gradients.put(to, before == null ? gradient : emit(to.name(), new Op.Add(), List.of(before, gradient), to.shape()));
  }

  /** A new node with one result. */
  Value emit(String name, Op op, List<Value> inputs, Shape shape) {
    return emit(name, op, inputs, List.of(shape)).getFirst();
  }

  /** A new node; {@code name} is the layer's whose gradient it computes. */
  List<Value> emit(String name, Op op, List<Value> inputs, List<Shape> shapes) {
    List<Value> results = extension.emit(name + "'", op, inputs, shapes);
    if (op instanceof Op.Reshape) {
      reshaped.addAll(results);
    }
    return results;
  }
}
