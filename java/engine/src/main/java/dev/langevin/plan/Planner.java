package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides: turns a graph, its weights and a backend into a {@link Plan}. Whatever can fail for lack of support, of a weight
 * or of memory fails here, by name.
 */
public final class Planner {

  private final Backend backend;
  private final Precision precision;
  private final Tuning tuning; // or null
  private final WeightCache cache; // or null

  public Planner(Backend backend) {
    this(backend, Precision.F32);
  }

  /** @param precision of the layers between a network's ends, see {@link SensitiveLayers} */
  public Planner(Backend backend, Precision precision) {
    this(backend, precision, null);
  }

  /** @param tuning what was measured of operations; null to go by what is usually the fastest */
  public Planner(Backend backend, Precision precision, Tuning tuning) {
    this(backend, precision, tuning, null);
  }

  /** @param cache of packed weights for those sources that tell their {@link TensorSource#identity}, or null for none */
  public Planner(Backend backend, Precision precision, Tuning tuning, WeightCache cache) {
    this.backend = backend;
    this.precision = precision;
    this.tuning = tuning;
    this.cache = cache;
  }

  private PreparedOp prepare(Node node, Precision allowed) {
    PreparedOp usual = backend.prepare(node, allowed);
    String fastest = tuning == null ? null : tuning.fastest(Tuning.signature(node, allowed));
    if (fastest == null || fastest.equals(usual.implementation())) {
      return usual;
    }
    return backend.candidates(node, allowed).stream().filter(op -> op.implementation().equals(fastest)).findFirst().orElse(usual);
  }

  /** {@link #plan(Graph, TensorSource, long)} with no limit but the machine's. */
  public Plan plan(Graph graph, TensorSource weights) {
    return plan(graph, weights, Long.MAX_VALUE);
  }

  /**
   * Compiles a graph. The plan belongs to the caller, who closes it. Where the fastest kernels' weights take more memory than the limit
   * leaves, slower ones take their place, those first that free the most.
   *
   * @param limitBytes most memory that the plan may take, weights included
   * @throws PlanException naming the weight, or the bytes needed and allowed
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public Plan plan(Graph graph, TensorSource weights, long limitBytes) {
    return plan(graph, weights, limitBytes, Map.of());
  }

  /**
   * {@link #plan(Graph, TensorSource, long)} with inputs and outputs that lie in the caller's memory, which must outlive the plan.
   *
   * @param bound memory by the name of an input or output; native, aligned to 64 bytes, of the value's size
   */
  public Plan plan(Graph graph, TensorSource weights, long limitBytes, Map<String, MemorySegment> bound) {
    return backend.call(() -> {
      try (Layout layout = new Layout(graph, bound, limitBytes)) {
        return layout.within(limitBytes).compile(weights, null);
      }
    });
  }

  /**
   * Compiles a graph of the same network as an earlier plan, for example of another size: weights that both pack alike are taken
   * over, not read again. The earlier plan is closed, whatever happens.
   *
   * @param earlier of the same backend and weights, or null
   * @throws PlanException naming the weight
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public Plan replace(Plan earlier, Graph graph, TensorSource weights) {
    return replace(earlier, graph, weights, Long.MAX_VALUE);
  }

  /** {@link #replace(Plan, Graph, TensorSource)}, not above {@code preferredBytes} if there are kernels that take so little. */
  public Plan replace(Plan earlier, Graph graph, TensorSource weights, long preferredBytes) {
    return backend.call(() -> {
      try (earlier; Layout layout = new Layout(graph, Map.of(), preferredBytes)) {
        return layout.compile(weights, earlier);
      }
    });
  }

  /**
   * Finds out what memory a graph's plan takes, without taking it.
   *
   * @throws dev.langevin.backend.UnsupportedOpException naming an op that the backend lacks
   */
  public PlanSize size(Graph graph) {
    return size(graph, Long.MAX_VALUE);
  }

  /** {@link #size(Graph)} where the plan is not to take more than {@code preferredBytes}, if that can be. */
  public PlanSize size(Graph graph, long preferredBytes) {
    return size(graph, Map.of(), preferredBytes);
  }

  /** {@link #size(Graph)} without what lies in the caller's memory. */
  public PlanSize size(Graph graph, Map<String, MemorySegment> bound) {
    return size(graph, bound, Long.MAX_VALUE);
  }

  private PlanSize size(Graph graph, Map<String, MemorySegment> bound, long preferredBytes) {
    return backend.call(() -> {
      try (Layout layout = new Layout(graph, bound, preferredBytes)) {
        return layout.size();
      }
    });
  }

  /** All decisions on a graph, before there is memory. Closed whether it was compiled or not. */
  private final class Layout implements AutoCloseable {

    private final Graph graph;
    private final List<Node> nodes;
    private final int once;
    private final MemoryPlacement placement;
    private final List<PreparedOp> prepared = new ArrayList<>();
    private PackedWeights packed;
    private final Map<Value, MemorySegment> elsewhere = new HashMap<>();
    private long scratch;

    Layout(Graph unfused, Map<String, MemorySegment> bound, long preferredBytes) {
      Graph fused = FusePass.run(unfused);
      Set<Node> steady = fused.steadyNodes();
      List<Node> order = new ArrayList<>(steady);
      fused.nodes().stream().filter(node -> !steady.contains(node)).forEach(order::add);
      graph = new Graph(fused.inputs(), fused.steady(), fused.outputs(), order);
      bound.forEach((name, memory) -> elsewhere.put(requireFit(name, memory), memory));
      placement = MemoryPlacement.of(graph, steady.size(), elsewhere.keySet());
      elsewhere.keySet().forEach(value -> {
        if (placement.root(value) != value) {
          throw new IllegalArgumentException(value + " is another value's memory under a new shape; it cannot be bound");
        }
      });
      nodes = order.stream().filter(node -> !(node.op() instanceof Op.Reshape)).toList();
      once = (int) nodes.stream().filter(steady::contains).count();
      Set<Node> sensitive = precision == Precision.F32 ? Set.of() : SensitiveLayers.of(graph);
      try {
        for (Node node : nodes) {
          prepared.add(Planner.this.prepare(node, sensitive.contains(node) ? Precision.F32 : precision));
        }
        measure();
        if (size().bytes() > preferredBytes) {
          compact(size().bytes() - preferredBytes);
        }
      } catch (Throwable e) {
        Closing.after(e, prepared);
        throw e;
      }
    }

    @Override
    public void close() {
      Closing.all(prepared);
    }

    private void measure() {
      scratch = prepared.stream().mapToLong(PreparedOp::scratchBytes).max().orElse(0);
      packed = PackedWeights.layOut(nodes, prepared);
    }

    /** Frees so many bytes, or as many as there are, of what fast kernels' weights take: few large ones rather than many small ones. */
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

    private Value requireFit(String name, MemorySegment memory) {
      Value value = graph.inputs().containsKey(name) ? graph.inputs().get(name) : graph.outputs().get(name);
      if (value == null || memory.byteSize() != value.bytes() || !memory.isNative()
          || memory.address() % MemoryPlacement.ALIGNMENT != 0) {
        throw new IllegalArgumentException("cannot bind '" + name + "' to " + memory + ": "
            + (value == null ? "there is no such input or output" : value + " needs " + value.bytes() + " aligned native bytes"));
      }
      return value;
    }

    PlanSize size() {
      return new PlanSize(packed.bytes(), placement.bytes(), scratch);
    }

    Layout within(long limitBytes) {
      if (size().bytes() > limitBytes) {
        throw new PlanException("the plan needs " + size() + ", the limit is " + limitBytes + "; use a smaller picture or batch");
      }
      return this;
    }

    Plan compile(TensorSource weights, Plan earlier) {
      Arena arena = Arena.ofShared();
      List<CompiledOp> compiled = new ArrayList<>();
      try {
        if (earlier != null) {
          packed.takeOver(earlier.weights());
          earlier.close(); // its activations go before the new ones come
        }
        packed.fill(weights, backend, cache);
        weights.unload();
        MemorySegment activations = backend.allocate(Math.max(placement.bytes(), 1), arena);
        MemorySegment scratchMemory = backend.allocate(Math.max(scratch, 1), arena);
        List<PlannedOp> listing = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
          Node node = nodes.get(i);
          List<MemorySegment> inputs = new ArrayList<>();
          for (int in = 0; in < node.inputs().size(); in++) {
            inputs.add(node.input(in).isWeight()
                ? packed.segment(node.input(in), prepared.get(i).weightLayout(in))
                : slice(activations, node.input(in)));
          }
          listing.add(new PlannedOp(node, prepared.get(i).implementation(), packed.layoutNames(node, prepared.get(i)),
              placement.offset(node.output()), node.output().bytes(), packed.bytes(node, prepared.get(i))));
          List<MemorySegment> outputs = node.outputs().stream().map(output -> slice(activations, output)).toList();
          compiled.add(prepared.get(i).bind(inputs, outputs, scratchMemory));
          prepared.get(i).close(); // a whole plan's descriptors are large
        }
        return new Plan(backend, arena, packed, graph, compiled.toArray(CompiledOp[]::new), once, listing, size(),
            value -> slice(activations, value));
      } catch (Throwable e) {
        List<AutoCloseable> owned = new ArrayList<>(List.<AutoCloseable>of(arena, packed::free));
        owned.addAll(compiled);
        Closing.after(e, owned);
        throw e;
      }
    }

    private MemorySegment slice(MemorySegment memory, Value value) {
      MemorySegment own = elsewhere.get(placement.root(value));
      return own != null ? own : memory.asSlice(placement.offset(value), value.bytes());
    }
  }
}
