package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.Program;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All decisions on a graph, before there is memory. Closed whether it was bound or not. Used on the backend's thread.
 */
final class Layout implements AutoCloseable {

  private final Backend backend;
  private final Precision precision;
  private final DType stored;
  private final Graph graph;
  private final List<Node> nodes;
  private final Set<Node> sensitive;
  private final int once;
  private final MemoryPlacement placement;
  private final List<PreparedOp> prepared = new ArrayList<>();
  private final Map<Value, Block> elsewhere = new HashMap<>();
  private final Map<String, ?> updates;
  private PackedWeights packed;
  private long scratch;
  private SharedRoom room; // null for memory of the plan's own

  /**
   * Places values; {@link #prepareNext} goes on.
   *
   * @param stored as of {@link Planner#keeping}
   * @param bound blocks of the caller's by the name of an input or output
   * @param updates as of {@link Planner#begin}
   */
  Layout(Backend backend, Precision precision, DType stored, Graph unfused, Map<String, Block> bound,
      Map<String, ?> updates) {
    this.backend = backend;
    this.stored = stored;
    this.updates = updates;
    this.precision = precision;
    Graph fused = FusePass.run(unfused);
    Set<Node> steady = fused.steadyNodes();
    List<Node> order = new ArrayList<>(steady);
    fused.nodes().stream().filter(node -> !steady.contains(node)).forEach(order::add);
    Graph ordered = new Graph(fused.inputs(), fused.steady(), fused.outputs(), order);
    sensitive = precision == Precision.F32 ? Set.of() : SensitiveLayers.of(ordered);
    graph = precision == Precision.F32 ? ordered : ordered.as(backend.storage(ordered, sensitive, precision));
    bound.forEach((name, memory) -> elsewhere.put(requireFit(name, memory), memory));
    placement = MemoryPlacement.of(graph, steady.size(), elsewhere.keySet(), backend.memory().alignment());
    elsewhere.keySet().forEach(value -> {
      if (placement.root(value) != value) {
        throw new IllegalArgumentException(value + " is another value's memory under a new shape; it cannot be bound");
      }
    });
    nodes = graph.nodes().stream().filter(node -> !node.isView()).toList();
    once = (int) nodes.stream().filter(steady::contains).count();
  }

  private Value requireFit(String name, Block block) {
    Value value = graph.inputs().containsKey(name) ? graph.inputs().get(name) : graph.outputs().get(name);
    if (value == null || block.bytes() != value.bytes()
        || block.address().address() % backend.memory().alignment() != 0) {
      throw new IllegalArgumentException("cannot bind '" + name + "' to a block of " + block.bytes() + " bytes: "
          + (value == null ? "there is no such input or output"
              : value + " needs " + value.bytes() + " bytes at a multiple of " + backend.memory().alignment()));
    }
    return value;
  }

  /** Chooses the next op's kernel, if there is one left. */
  boolean prepareNext() {
    if (prepared.size() == nodes.size()) {
      return false;
    }
    Node node = nodes.get(prepared.size());
    prepared.add(precision == Precision.F32 && stored != DType.F32 ? backend.prepareOf(stored, node)
        : backend.prepare(node, sensitive.contains(node) ? Precision.F32 : precision));
    return true;
  }

  /** Chooses every op's kernel, and others where these take too much. */
  Layout prepare(long preferredBytes) {
    while (prepareNext()) {}
    measure();
    if (size().bytes() > preferredBytes) {
      compact(size().bytes() - preferredBytes);
    }
    return this;
  }

  private void measure() {
    scratch = prepared.stream().mapToLong(PreparedOp::scratchBytes).max().orElse(0);
    packed = PackedWeights.layOut(nodes, prepared, updates);
  }

  /**
   * Frees so many bytes, or as many as there are, of what fast kernels' weights take: few large ones rather than many
   * small ones.
   */
  private void compact(long excess) {
    Map<Integer, PreparedOp> others = new HashMap<>(); // in the end those that are not taken
    try {
      Map<Integer, Long> freed = new HashMap<>();
      for (int i = 0; i < nodes.size(); i++) {
        PreparedOp other = prepared.get(i).compact();
        if (other != null) {
          others.put(i, other);
          freed.put(i, packed.bytes(nodes.get(i), prepared.get(i)) - packed.bytes(nodes.get(i), other));
        }
      }
      long rest = excess;
      for (int i : freed.keySet().stream().sorted(Comparator.comparing(freed::get).reversed()).toList()) {
        if (rest > 0) {
          others.put(i, prepared.set(i, others.get(i)));
          rest -= freed.get(i);
        }
      }
    } finally {
      Closing.all(List.copyOf(others.values()));
    }
    measure();
  }

  /** Where the weights lie; the plan's once it is bound. */
  PackedWeights packed() {
    return packed;
  }

  PlanSize size() {
    return new PlanSize(packed.bytes(), packed.updatedBytes(), placement.bytes(), scratch);
  }

  void requireWithin(long limitBytes) {
    if (size().bytes() > limitBytes) {
      throw new PlanException(
          "the plan needs " + size() + ", the limit is " + limitBytes + "; use a smaller picture or batch");
    }
  }

  /** Has the plan use that memory, which is large enough. */
  void within(SharedRoom shared) {
    room = shared;
  }

  /** The plan, after the weights were packed; where it fails, these are the caller's to free. */
  Plan bind() {
    List<AutoCloseable> owned = new ArrayList<>();
    try {
      Block activations = memory(owned, placement.bytes(), true);
      Block scratchMemory = memory(owned, scratch, false);
      List<CompiledOp> compiled = new ArrayList<>();
      List<PlannedOp> listing = new ArrayList<>();
      for (int i = 0; i < nodes.size(); i++) {
        Node node = nodes.get(i);
        List<MemorySegment> inputs = new ArrayList<>();
        for (int in = 0; in < node.inputs().size(); in++) {
          inputs.add(node.input(in).isWeight()
              ? packed.address(node.input(in), prepared.get(i).weightLayout(in))
              : slice(activations, node.input(in)).address());
        }
        listing.add(new PlannedOp(node, prepared.get(i).implementation(), packed.layoutNames(node, prepared.get(i)),
            placement.offset(node.output()), node.output().bytes(), packed.bytes(node, prepared.get(i))));
        List<MemorySegment> outputs =
            node.outputs().stream().map(output -> slice(activations, output).address()).toList();
        CompiledOp op = prepared.get(i).bind(inputs, outputs, scratchMemory.address());
        compiled.add(op);
        owned.add(op);
        prepared.get(i).close(); // a whole plan's descriptors are large
      }
      Program preparing = backend.program(compiled.subList(0, once), Slices.whole(once));
      owned.add(preparing);
      Program running =
          backend.program(compiled.subList(once, compiled.size()), Slices.of(nodes.subList(once, nodes.size())));
      owned.add(running);
      return new Plan(backend, packed, graph, new Plan.Programs(preparing, running, once, compiled), owned, listing,
          size(),
          activations.slice(0, placement.steadyBytes()), value -> slice(activations, value));
    } catch (Throwable e) {
      Closing.after(e, owned);
      throw e;
    }
  }

  private Block memory(List<AutoCloseable> owned, long bytes, boolean activations) {
    if (room == null) {
      Block own = backend.memory().allocate(bytes);
      owned.add(own);
      return own;
    }
    owned.add(room.share());
    return activations ? room.activations(bytes) : room.scratch(bytes);
  }

  private Block slice(Block memory, Value value) {
    Block own = elsewhere.get(placement.root(value));
    return own != null ? own.slice(placement.within(value), value.bytes())
        : memory.slice(placement.offset(value), value.bytes());
  }

  @Override
  public void close() {
    Closing.all(prepared);
  }
}
