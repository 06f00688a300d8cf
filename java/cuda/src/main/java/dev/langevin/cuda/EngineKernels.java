package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import java.util.List;
import java.util.function.Function;

/**
 * Convolutions, linear layers and attention by a library's engines.
 *
 * @param engines those of a session, or null where it has no library
 */
record EngineKernels(Function<Session, Engines> engines) implements OpKernels {

  @Override
  public PreparedOp prepare(Session session, Node node, Precision precision) {
    Engines those = engines.apply(session);
    for (Arithmetic arithmetic : those == null ? List.<Arithmetic>of() : Arithmetic.of(node, precision)) {
      if (!weightsComputed(node, arithmetic)) {
        DataType results = arithmetic.values == DataType.F32 ? DataType.F32 : Stored.type(node.output());
        LayerGraph graph = LayerGraph.of(node, arithmetic, results);
        Engine engine = graph == null ? null : those.choose(node, graph);
        if (engine != null) {
          return new EngineOp(session, node, graph, engine);
        }
      }
    }
    return null;
  }

  /** Weights that are computed lie as they come; engines take them so where that is what they multiply. */
  private static boolean weightsComputed(Node node, Arithmetic arithmetic) {
    boolean layer = node.op() instanceof Op.Conv2d || node.op() instanceof Op.Linear; // attention has no weights
    return layer && !node.input(1).isWeight()
        && (node.input(1).shape().rank() == 4 || arithmetic.values != DataType.F32);
  }
}
