package dev.langevin.plan;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Folds elementwise operations into the layer before them, so that memory is read once: an activation, and the rows
 * that are added before it, into a normalisation, and activations, residual additions, gates and factors into a
 * convolution or linear layer.
 *
 * <p>
 * A layer is folded only where the folded operation is its one reader. The joint node stands where the later one stood:
 * everything that either reads is computed by then. What is computed once for many runs is not folded into what is
 * computed in each.
 */
public final class FusePass {

  private FusePass() {}

  static Graph run(Graph graph) {
    return run(graph, false);
  }

  /** The normalisations alone: what training folds before it differentiates, as their gradient is one operation too. */
  public static Graph normalisations(Graph graph) {
    return run(graph, true);
  }

  private static Graph run(Graph graph, boolean normalisations) {
    Map<Value, Integer> readers = graph.readers();
    Set<Node> steady = graph.steadyNodes();
    Map<Value, Node> producers = new HashMap<>();
    List<Node> fused = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Node result = node;
      for (int i = 0; i < node.inputs().size() && result == node; i++) {
        Node producer = producers.get(node.input(i));
        if (producer != null && readers.get(node.input(i)) == 1 && steady.contains(producer) == steady.contains(node)) {
          Node joint = join(producer, node, i);
          if (joint != null && (!normalisations || joint.op() instanceof Op.GroupNorm)) {
            fused.remove(producer);
            result = joint;
            if (steady.contains(node)) {
              steady.add(joint);
            }
          }
        }
      }
      for (Value output : result.outputs()) {
        producers.put(output, result);
      }
      fused.add(result);
    }
    return new Graph(graph.inputs(), graph.steady(), graph.outputs(), fused);
  }

  /** Both nodes in one, or null; {@code next} reads {@code layer}'s result as input {@code at}. */
  private static Node join(Node layer, Node next, int at) {
    return switch (layer.op()) {
      case Op.GroupNorm norm when norm.activation() == null
          && next.op() instanceof Op.Activate(Activation function) && function == Activation.SILU ->
          new Node(new Op.GroupNorm(norm.groups(), norm.epsilon(), norm.addRow(), norm.scaleShift(), function),
              layer.inputs(),
              next.output());
      case Op.Conv2d conv -> join(layer, next, at, conv.post(),
          post -> new Op.Conv2d(conv.stride(), conv.padding(), conv.bias(), post));
      case Op.Linear linear -> join(layer, next, at, linear.post(), post -> new Op.Linear(linear.bias(), post));
      case Op.Add add when at == 0 && layer.input(1).shape().rank() == 2 && next.op() instanceof Op.GroupNorm norm
          && !norm.addRow() -> {
        List<Value> inputs = new ArrayList<>(next.inputs());
        inputs.set(0, layer.input(0));
        inputs.add(3, layer.input(1));
        yield new Node(new Op.GroupNorm(norm.groups(), norm.epsilon(), true, norm.scaleShift(), norm.activation()),
            inputs,
            next.output());
      }
      default -> null;
    };
  }

  private interface WithPostOps {
    Op make(List<PostOp> post);
  }

  private static Node join(Node layer, Node next, int at, List<PostOp> before, WithPostOps op) {
    List<Value> inputs = new ArrayList<>(layer.inputs());
    List<PostOp> post = new ArrayList<>(before);
    switch (next.op()) {
      case Op.Activate activate -> post.add(new PostOp.Activate(activate.function()));
      case Op.Prelu prelu -> {
        post.add(new PostOp.Prelu(inputs.size()));
        inputs.add(next.input(1));
      }
      case Op.Affine affine when affine.offset() == 0 -> post.add(new PostOp.Multiply(affine.factor()));
      case Op.Add add when sameShape(next) -> {
        post.add(new PostOp.AddInput(inputs.size()));
        inputs.add(next.input(1 - at));
      }
      case Op.Multiply multiply -> {
        post.add(new PostOp.MultiplyInput(inputs.size()));
        inputs.add(next.input(1 - at));
      }
      default -> {
        return null;
      }
    }
    return new Node(op.make(post), inputs, next.output());
  }

  /** A row per sample (N, C) is not folded: oneDNN's post-ops know no such broadcast for a batch. */
  private static boolean sameShape(Node add) {
    return add.input(0).shape().equals(add.input(1).shape());
  }
}
