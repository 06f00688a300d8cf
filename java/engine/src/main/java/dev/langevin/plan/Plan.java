package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.CompiledOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * Does: a flat list of compiled ops over memory whose places are fixed. A run allocates nothing and takes no lock that
 * another plan takes. What depends on steady inputs alone is computed by {@link #prepare}, once for many runs. Inputs are written and outputs read through {@link #input} and {@link #output}; one run at a time.
 * Owned by whoever planned it; {@link #close} frees all memory, and no tensor of it may be used afterwards.
 */
public final class Plan implements AutoCloseable {

  private final Backend backend;
  private final Arena arena;
  private final PackedWeights weights;
  private final CompiledOp[] ops;
  private final int once;
  private final List<PlannedOp> listing;
  private final PlanSize size;
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, Tensor> outputs = new LinkedHashMap<>();
  private final Callable<Void> step = () -> {
    execute();
    return null;
  };
  private final List<MemorySegment> steady;
  private boolean prepared;

  /** @param once how many of the first ops depend on steady inputs alone */
  Plan(Backend backend, Arena arena, PackedWeights weights, Graph graph, CompiledOp[] ops, int once, List<PlannedOp> listing, PlanSize size,
      Function<Value, MemorySegment> memory, List<MemorySegment> steady) {
    this.backend = backend;
    this.arena = arena;
    this.weights = weights;
    this.ops = ops;
    this.once = once;
    this.prepared = graph.steady().isEmpty();
    this.listing = List.copyOf(listing);
    this.size = size;
    this.steady = List.copyOf(steady);
    graph.inputs().forEach((name, value) -> inputs.put(name, tensor(value, memory)));
    graph.outputs().forEach((name, value) -> outputs.put(name, tensor(value, memory)));
  }

  private static Tensor tensor(Value value, Function<Value, MemorySegment> memory) {
    return new Tensor(value.dtype(), value.shape(), memory.apply(value));
  }

  /** The memory of an input, to be written before a run; it keeps its values from run to run. */
  public Tensor input(String name) {
    return named(inputs, name, "input");
  }

  /** The memory of an output, valid until the next run. */
  public Tensor output(String name) {
    return named(outputs, name, "output");
  }

  public boolean hasInput(String name) {
    return inputs.containsKey(name);
  }

  private static Tensor named(Map<String, Tensor> tensors, String name, String kind) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no " + kind + " is named '" + name + "'; there are " + tensors.keySet());
    }
    return tensor;
  }

  /** Computes what depends on the steady inputs alone, after these were written and before the next {@link #run}. */
  public void prepare() {
    backend.call(() -> {
      for (int i = 0; i < once; i++) {
        ops[i].execute();
      }
      prepared = true;
      return null;
    });
  }

  /** Bytes of the steady inputs and of what {@link #prepare} made of them. */
  public long steadyBytes() {
    return steady.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /** Copies the steady inputs and what {@link #prepare} made of them, for {@link #restore}. */
  public Tensor saved() {
    Tensor saved = Tensor.allocate(DType.I8, Shape.of(Math.max(1, steadyBytes())));
    long at = 0;
    for (MemorySegment part : steady) {
      saved.data().asSlice(at).copyFrom(part);
      at += part.byteSize();
    }
    return saved;
  }

  /** Puts back what {@link #saved} copied, in the place of another prompt's. */
  public void restore(Tensor saved) {
    long at = 0;
    for (MemorySegment part : steady) {
      part.copyFrom(saved.data().asSlice(at, part.byteSize()));
      at += part.byteSize();
    }
  }

  /**
   * Runs every other op once, on the backend's thread.
   *
   * @throws IllegalStateException if there are steady inputs and {@link #prepare} was never called
   */
  public void run() {
    backend.call(step);
  }

  private void execute() {
    requirePrepared();
    for (int i = once; i < ops.length; i++) {
      ops[i].execute();
    }
  }

  private void requirePrepared() {
    if (!prepared) {
      throw new IllegalStateException("the plan has steady inputs; write them and call prepare() before the first run");
    }
  }

  /**
   * As {@link #run}, on the calling thread, and adds the time that each took to {@code nanoseconds}, in the order of
   * {@link #ops}.
   *
   * @throws IllegalStateException if the calling thread is not the backend's
   */
  public void run(long[] nanoseconds) {
    if (!backend.isCurrentThread()) {
      throw new IllegalStateException("a timed run is made on the backend's thread; wrap it in Backend.call");
    }
    requirePrepared();
    long before = System.nanoTime();
    for (int i = once; i < ops.length; i++) {
      ops[i].execute();
      long after = System.nanoTime();
      nanoseconds[i] += after - before;
      before = after;
    }
  }

  /** All memory that the plan holds: activations, scratch and packed weights. */
  public long peakBytes() {
    return size.bytes();
  }

  /** All memory that several plans of a network hold together: weights that they share count once. */
  public static long bytes(Collection<Plan> plans) {
    Map<Long, Long> weights = new HashMap<>();
    long own = 0;
    for (Plan plan : plans) {
      own += plan.size.bytes() - plan.size.weights();
      plan.weights.forEach(memory -> weights.put(memory.address(), memory.byteSize()));
    }
    return own + weights.values().stream().mapToLong(Long::longValue).sum();
  }

  /** {@link #peakBytes} in its parts. */
  public PlanSize size() {
    return size;
  }

  /** What was decided for each op, in order of execution. */
  public List<PlannedOp> ops() {
    return listing;
  }

  PackedWeights weights() {
    return weights;
  }

  @Override
  public void close() {
    backend.call(() -> {
      if (!arena.scope().isAlive()) {
        return null;
      }
      for (int i = ops.length - 1; i >= 0; i--) {
        ops[i].close();
      }
      weights.free();
      arena.close();
      return null;
    });
  }
}
