package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides: turns a graph, its weights and a backend into a {@link Plan}. Whatever can fail for lack of support, of a weight
 * or of memory fails here, by name.
 */
public final class Planner {

  private final Backend backend;

  public Planner(Backend backend) {
    this.backend = backend;
  }

  /** {@link #plan(Graph, TensorSource, long)} with no limit but the machine's. */
  public Plan plan(Graph graph, TensorSource weights) {
    return plan(graph, weights, Long.MAX_VALUE);
  }

  /**
   * Compiles a graph. The plan belongs to the caller, who closes it.
   *
   * @param limitBytes most memory that the plan may take, weights included
   * @throws PlanException naming the weight, or the bytes needed and allowed
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public Plan plan(Graph graph, TensorSource weights, long limitBytes) {
    return backend.call(() -> compile(FusePass.run(graph), weights, limitBytes));
  }

  private Plan compile(Graph graph, TensorSource weights, long limitBytes) {
    List<Node> nodes = graph.nodes().stream().filter(node -> !(node.op() instanceof Op.Reshape)).toList();
    MemoryPlacement placement = MemoryPlacement.of(graph);
    List<PreparedOp> prepared = new ArrayList<>();
    long scratch = 0;
    for (Node node : nodes) {
      PreparedOp op = backend.prepare(node);
      prepared.add(op);
      scratch = Math.max(scratch, op.scratchBytes());
    }
    PackedWeights packed = PackedWeights.layOut(nodes, prepared);
    long peak = placement.bytes() + scratch + packed.bytes();
    if (peak > limitBytes) {
      throw new PlanException("the plan needs " + peak + " bytes (activations " + placement.bytes() + ", scratch "
          + scratch + ", weights " + packed.bytes() + "), the limit is " + limitBytes + "; use a smaller picture or batch");
    }
    Arena arena = Arena.ofShared();
    try {
      MemorySegment weightMemory = arena.allocate(Math.max(packed.bytes(), 1), MemoryPlacement.ALIGNMENT);
      packed.fill(weights, weightMemory);
      MemorySegment activations = arena.allocate(Math.max(placement.bytes(), 1), MemoryPlacement.ALIGNMENT);
      MemorySegment scratchMemory = arena.allocate(Math.max(scratch, 1), MemoryPlacement.ALIGNMENT);
      CompiledOp[] compiled = new CompiledOp[nodes.size()];
      List<PlannedOp> listing = new ArrayList<>();
      for (int i = 0; i < compiled.length; i++) {
        Node node = nodes.get(i);
        List<MemorySegment> inputs = new ArrayList<>();
        for (int in = 0; in < node.inputs().size(); in++) {
          inputs.add(node.input(in).isWeight()
              ? packed.segment(node.input(in), prepared.get(i).weightLayout(in), weightMemory)
              : slice(activations, placement, node.input(in)));
        }
        listing.add(new PlannedOp(node, prepared.get(i).implementation(), packed.layoutNames(node, prepared.get(i)),
            placement.offset(node.output()), node.output().bytes(), packed.bytes(node, prepared.get(i))));
        compiled[i] = prepared.get(i).bind(inputs, slice(activations, placement, node.output()), scratchMemory);
      }
      return new Plan(backend, arena, graph, compiled, listing, peak,
          value -> slice(activations, placement, value));
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  private static MemorySegment slice(MemorySegment memory, MemoryPlacement placement, Value value) {
    return memory.asSlice(placement.offset(value), value.bytes());
  }
}
