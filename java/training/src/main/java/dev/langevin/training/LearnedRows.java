package dev.langevin.training;

import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A text encoder that reads further embeddings, which are trained while its own table stays. A token is looked up
 * twice, in the encoder's table and in the new one, and both are added: the encoder's has a row of zeros at its end for
 * the new tokens, the new one a row of zeros at its beginning for all others. So every sum is one of both, bit for bit,
 * and the gradient is as large as the new rows alone.
 */
final class LearnedRows {

  /** Of the rows that are trained, (count, width). */
  static final String WEIGHT = "learned_tokens";

  /** The further input (N, L): 0 for tokens of the encoder's own, else 1 more than the row. */
  static final String INPUT = "learned_ids";

  private LearnedRows() {}

  /** @param encoder with the input {@code input_ids} and a table of one row more than the model's file has */
  static Graph insert(Graph encoder, int count) {
    int nextId = GraphExtension.nextId(encoder);
    Value ids = encoder.inputs().get("input_ids");
    List<Node> nodes = new ArrayList<>();
    Map<String, Value> inputs = new LinkedHashMap<>(encoder.inputs());
    for (Node node : encoder.nodes()) {
      if (!(node.op() instanceof Op.Embedding) || !node.input(0).equals(ids)) {
        nodes.add(node);
        continue;
      }
      Value out = node.output();
      Shape stored = Shape.of(count, out.shape().dim(-1));
      Value chosen = new Value(nextId++, INPUT, DType.I64, ids.shape(), List.of());
      Value rows = new Value(nextId++, WEIGHT, DType.F32, stored,
          List.of(new WeightPart(WEIGHT, stored, 0, count)));
      Value table = value(nextId++, stored.with(0, count + 1));
      Value found = value(nextId++, out.shape());
      Value own = value(nextId++, out.shape());
      inputs.put(INPUT, chosen);
      nodes.add(new Node(node.op(), node.inputs(), own));
      nodes.add(new Node(new GradientOp.Embed(0, 1), List.of(rows), table));
      nodes.add(new Node(new Op.Embedding(), List.of(chosen, table), found));
      nodes.add(new Node(new Op.Add(), List.of(own, found), out)); // under the old number, as readers know it
    }
    return new Graph(inputs, encoder.steady(), encoder.outputs(), nodes);
  }

  private static Value value(int id, Shape shape) {
    return new Value(id, WEIGHT + "." + id, DType.F32, shape, List.of());
  }

  /**
   * Splits tokens into what both tables are asked for.
   *
   * @param ids in which those from {@code entries} on are new
   * @return what the new table is asked for; {@code ids} are left with what the encoder's is
   */
  static long[] split(long[] ids, int entries) {
    long[] chosen = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] >= entries) {
        chosen[i] = ids[i] - entries + 1;
        ids[i] = entries;
      }
    }
    return chosen;
  }
}
