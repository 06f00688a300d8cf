package dev.langevin.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Low-rank updates of linear layers that stay as they are (LoRA, arXiv:2106.09685): y = W x + B A x, of which A and B
 * are trained.
 *
 * @param rank rows of A, columns of B
 * @param targets ends of the names of layers that get one, without {@code .weight}; null for the attention's
 */
public record LowRank(@JsonProperty(required = true) int rank, List<String> targets) {

  private static final List<String> ATTENTION = List.of("to_q", "to_k", "to_v", "to_out.0");
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";

  public LowRank {
    if (rank < 1) {
      throw new IllegalArgumentException("model.lora.rank is " + rank + ", must be at least 1");
    }
    targets = targets == null ? ATTENTION : List.copyOf(targets);
  }

  /** Whether a weight is of an update. */
  static boolean isUpdate(String name) {
    return name.endsWith(A) || name.endsWith(B);
  }

  /** Whether an update begins with zeros, so that the network begins as it was. */
  static boolean beginsAsZero(String name) {
    return name.endsWith(B);
  }

  /**
   * The network with updates.
   *
   * @throws GraphException if no layer is a target
   */
  Graph insert(Graph graph) {
    Insertion insertion = new Insertion(graph);
    for (Node node : graph.nodes()) {
      insertion.add(node);
    }
    if (insertion.count == 0) {
      throw new GraphException("no linear layer's name ends in one of " + targets);
    }
    return new Graph(graph.inputs(), graph.steady(), graph.outputs(), insertion.nodes);
  }

  private final class Insertion {
    final List<Node> nodes = new ArrayList<>();
    int nextId;
    int count;

    Insertion(Graph graph) {
      nextId = GraphExtension.nextId(graph);
    }

    void add(Node node) {
      if (!(node.op() instanceof Op.Linear) || !node.input(1).isWeight()
          || !node.input(1).parts().stream().allMatch(this::target)) {
        nodes.add(node);
        return;
      }
      Value out = node.output();
      Value before = value(out.name(), out.shape());
      nodes.add(new Node(node.op(), node.inputs(), before));
      Value update = null;
      for (WeightPart part : node.input(1).parts()) {
        Value one = update(part, node.input(0));
        update = update == null ? one : emit(new Op.Concat(out.shape().rank() - 1), List.of(update, one),
            out.shape().with(-1, update.shape().dim(-1) + one.shape().dim(-1)));
      }
      nodes.add(new Node(new Op.Add(), List.of(before, update), out)); // under the old number, so that readers need no
                                                                       // change
    }

    private boolean target(WeightPart part) {
      return part.rows() == part.stored().dim(0)
          && targets.stream().anyMatch(end -> part.name().endsWith(end + ".weight"));
    }

    private Value update(WeightPart part, Value x) {
      String layer = part.name().substring(0, part.name().length() - ".weight".length());
      Value down = weight(layer + A, Shape.of(rank, part.stored().dim(1)));
      Value up = weight(layer + B, Shape.of(part.rows(), rank));
      Value inner = emit(new Op.Linear(false, List.of()), List.of(x, down), x.shape().with(-1, rank));
      count++;
      return emit(new Op.Linear(false, List.of()), List.of(inner, up), x.shape().with(-1, part.rows()));
    }

    private Value weight(String name, Shape shape) {
      return new Value(nextId++, name, DType.F32, shape, List.of(new WeightPart(name, shape, 0, shape.dim(0))));
    }

    private Value emit(Op op, List<Value> inputs, Shape shape) {
      Value result = value(inputs.getFirst().name() + ".lora", shape);
      nodes.add(new Node(op, inputs, result));
      return result;
    }

    private Value value(String name, Shape shape) {
      return new Value(nextId++, name, DType.F32, shape, List.of());
    }
  }
}
