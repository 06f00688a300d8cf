package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.plan.PlanException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Computes activations again for the backward half instead of keeping them (Chen et al., arXiv:1604.06174, section 3).
 * The forward half is cut into segments; what one segment computes for itself is dropped after it and computed anew
 * just before the first node of the backward half that asks for it. What later segments read is kept.
 */
final class Recomputation {

  private static final int MOST_SEGMENTS = 64;

  private Recomputation() {}

  /**
   * The graph, or the one with the fewest segments that fits.
   *
   * @param graph forward nodes, a loss, backward nodes
   * @param bytes tells the memory of a graph's activations
   * @throws PlanException with the least that was reached
   */
  static Graph within(Graph graph, long limit, ToLongFunction<Graph> bytes) {
    if (limit == Long.MAX_VALUE) {
      return graph;
    }
    long least = bytes.applyAsLong(graph);
    Graph found = graph;
    for (int segments = 2; least > limit && segments <= MOST_SEGMENTS; segments *= 2) {
      Graph cut = cut(graph, segments);
      long needed = bytes.applyAsLong(cut);
      if (needed < least) {
        least = needed;
        found = cut;
      }
    }
    if (least > limit) {
      throw new PlanException(
          "activations need " + least + " bytes even where they are computed twice, the limit is " + limit
              + "; use a smaller batch and accumulate");
    }
    return found;
  }

  /** Cuts the nodes before the loss into segments of equal size in bytes of results. */
  static Graph cut(Graph graph, int segments) {
    int forward = 0;
    while (forward < graph.nodes().size() && !isLoss(graph.nodes().get(forward).op())) {
      forward++;
    }
    Map<Value, Integer> segmentOf = new HashMap<>();
    long total = graph.nodes().subList(0, forward).stream().mapToLong(node -> node.output().bytes()).sum();
    long before = 0;
    for (Node node : graph.nodes().subList(0, forward)) {
      int segment = (int) Math.min(segments - 1, before * segments / Math.max(total, 1));
      node.outputs().forEach(output -> segmentOf.put(output, segment));
      before += node.output().bytes();
    }
    Set<Value> kept = new HashSet<>(graph.outputs().values());
    for (Node node : graph.nodes().subList(0, forward)) {
      for (Value input : node.inputs()) {
        if (segmentOf.containsKey(input) && !segmentOf.get(input).equals(segmentOf.get(node.output()))) {
          kept.add(input);
        }
      }
    }
    return new Rewriting(graph, forward, segmentOf, kept).run();
  }

  private static boolean isLoss(Op op) {
    return op instanceof GradientOp.Loss || op instanceof GradientOp.LearnedVarianceLoss
        || op instanceof GradientOp.CrossEntropy
        || op instanceof GradientOp.ContrastiveLoss;
  }

  /** The nodes anew, with a segment's again before the first backward node that reads one of its dropped values. */
  private static final class Rewriting {
    private final Graph graph;
    private final int forward;
    private final Map<Value, Integer> segmentOf;
    private final Set<Value> kept;
    private final Map<Value, Value> again = new HashMap<>();
    private final Set<Integer> done = new HashSet<>();
    private final List<Node> nodes = new ArrayList<>();
    private int nextId;

    Rewriting(Graph graph, int forward, Map<Value, Integer> segmentOf, Set<Value> kept) {
      this.graph = graph;
      this.forward = forward;
      this.segmentOf = segmentOf;
      this.kept = kept;
      this.nextId = GraphExtension.nextId(graph);
    }

    Graph run() {
      nodes.addAll(graph.nodes().subList(0, forward));
      for (Node node : graph.nodes().subList(forward, graph.nodes().size())) {
        if (isLoss(node.op())) {
          nodes.add(node); // stands at the end of the last segment, whose values are still there
          continue;
        }
        for (Value input : node.inputs()) {
          if (segmentOf.containsKey(input) && !kept.contains(input) && done.add(segmentOf.get(input))) {
            repeat(segmentOf.get(input));
          }
        }
        nodes.add(new Node(node.op(), renamed(node.inputs()), node.outputs()));
      }
      return new Graph(graph.inputs(), graph.steady(), graph.outputs(), nodes);
    }

    private void repeat(int segment) {
      for (Node node : graph.nodes().subList(0, forward)) {
        if (segmentOf.get(node.output()) == segment && node.outputs().stream().noneMatch(kept::contains)) {
          List<Value> inputs = renamed(node.inputs());
          List<Value> outputs = new ArrayList<>();
          for (Value output : node.outputs()) {
            Value copy = new Value(nextId++, output.name(), output.dtype(), output.shape(), List.of());
            again.put(output, copy);
            outputs.add(copy);
          }
          nodes.add(new Node(node.op(), inputs, outputs));
        }
      }
    }

    private List<Value> renamed(List<Value> values) {
      return values.stream().map(value -> again.getOrDefault(value, value)).toList();
    }
  }
}
