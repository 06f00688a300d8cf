package dev.langevin.plan;

import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import java.util.HashSet;
import java.util.Set;

/**
 * The layers that keep f32 whatever precision is asked for: those that read a network's inputs or give its outputs,
 * where all that it knows passes through few channels, and those of a row a sample, such as the time's embedding, whose
 * error falls on every pixel alike and which take no time. So does all of which a steady output is made: the rows of
 * {@link TimesAhead}.
 */
final class SensitiveLayers {

  private static final long FEW_ROWS = 16;

  private SensitiveLayers() {}

  static Set<Node> of(Graph graph) {
    Set<Value> ends = new HashSet<>(graph.inputs().values());
    for (Node node : graph.nodes()) {
      if (moves(node) && ends.contains(node.input(0))) {
        ends.add(node.output());
      }
    }
    ends.addAll(graph.outputs().values());
    for (Node node : graph.nodes().reversed()) {
      if (moves(node) && ends.contains(node.output())) {
        ends.add(node.input(0));
      }
    }
    Set<Node> steady = graph.steadyNodes();
    Set<Node> sensitive = made(graph, steady);
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Conv2d || node.op() instanceof Op.Linear) {
        boolean first = !steady.contains(node) && ends.contains(node.input(0)); // a text is no such input
        if (first || ends.contains(node.output()) || rows(node) < FEW_ROWS) {
          sensitive.add(node);
        }
      }
    }
    return sensitive;
  }

  /** The steady nodes of which outputs are made. */
  private static Set<Node> made(Graph graph, Set<Node> steady) {
    Set<Value> needed = new HashSet<>(graph.outputs().values());
    Set<Node> made = new HashSet<>();
    for (Node node : graph.nodes().reversed()) {
      if (steady.contains(node) && needed.contains(node.output())) {
        made.add(node);
        needed.addAll(node.inputs());
      }
    }
    return made;
  }

  private static boolean moves(Node node) {
    return node.op() instanceof Op.ToChannelsLast || node.op() instanceof Op.ToChannelsFirst
        || node.op() instanceof Op.Reshape;
  }

  private static long rows(Node node) {
    return node.output().shape().elements() / node.output().shape().dim(-1);
  }
}
