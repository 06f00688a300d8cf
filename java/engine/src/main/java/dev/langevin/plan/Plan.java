package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.backend.Followable;
import dev.langevin.backend.Program;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Value;
import dev.langevin.tensor.ChangedFileException;
import dev.langevin.tensor.NotFiniteException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Does: programs over memory whose places are fixed. A run allocates nothing and takes no lock that another plan takes.
 * What depends on steady inputs alone is computed by {@link #prepare}, once for many runs. Inputs are written and
 * outputs read through {@link #in} and {@link #out}; one run at a time. Owned by whoever planned it; {@link #close}
 * frees all memory, and no tensor of it may be used afterwards.
 */
public final class Plan implements Followable, AutoCloseable {

  /**
   * What a plan runs.
   *
   * @param once how many ops the first one has
   * @param ops of both
   */
  record Programs(Program preparing, Program running, int once, List<CompiledOp> ops) {}

  private static final int ALL = -1; // slices
  private static final Runnable NOTHING = () -> {};

  private final Backend backend;
  private final PackedWeights weights;
  private final Programs programs;
  private final List<AutoCloseable> owned;
  private final FollowedPlans followed;
  private final List<PlannedOp> listing;
  private final PlanSize size;
  private final Block steady;
  private final Map<String, DeviceTensor> inputs = new LinkedHashMap<>();
  private final Map<String, DeviceTensor> outputs = new LinkedHashMap<>();
  private final Callable<Void> step = () -> {
    run();
    return null;
  };
  private final Function<Value, Block> memory;
  private boolean watched;
  private boolean prepared;
  private volatile boolean broken;
  private boolean closed;

  /** @param owned what is closed with the plan, in reverse order */
  Plan(Backend backend, PackedWeights weights, Graph graph, Programs programs, List<AutoCloseable> owned,
      List<PlannedOp> listing, PlanSize size,
      Block steady, Function<Value, Block> memory) {
    this.backend = backend;
    this.weights = weights;
    this.programs = programs;
    this.owned = List.copyOf(owned);
    this.followed = new FollowedPlans(this, backend, programs.ops.subList(programs.once, programs.ops.size()));
    this.prepared = graph.steady().isEmpty();
    this.listing = List.copyOf(listing);
    this.size = size;
    this.steady = steady;
    this.memory = memory;
    graph.inputs().forEach((name, value) -> inputs.put(name, tensor(name, value, memory)));
    graph.outputs().forEach((name, value) -> outputs.put(name, tensor(name, value, memory)));
  }

  private static DeviceTensor tensor(String name, Value value, Function<Value, Block> memory) {
    return new DeviceTensor(name, value.dtype(), value.shape(), memory.apply(value));
  }

  /** An input, to be written before a run; it keeps its values from run to run. */
  public DeviceTensor in(String name) {
    return named(inputs, name, "input");
  }

  /** An output, valid until the next run. */
  public DeviceTensor out(String name) {
    return named(outputs, name, "output");
  }

  /** Whether the graph has an input of this name. */
  public boolean hasInput(String name) {
    return inputs.containsKey(name);
  }

  private static DeviceTensor named(Map<String, DeviceTensor> tensors, String name, String kind) {
    DeviceTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no " + kind + " is named '" + name + "'; there are " + tensors.keySet());
    }
    return tensor;
  }

  /**
   * What runs read and do not change, in one piece: steady inputs and what {@link #prepare} computed of them. With a
   * copy of it the caller may put another run's values in their place, in place of writing the inputs and preparing
   * anew. Steady inputs that only {@code prepare} reads are not in it.
   */
  public Block steadyBlock() {
    return steady;
  }

  /** Computes what depends on the steady inputs alone, after these were written and before the next {@link #run}. */
  public void prepare() {
    backend.call(() -> {
      compute(programs.preparing, 0, ALL, null, NOTHING);
      prepared = true;
      return null;
    });
  }

  /**
   * Runs every other op once, on the backend's thread, and waits.
   *
   * @throws IllegalStateException if there are steady inputs and {@link #prepare} was never called
   */
  public void run() {
    if (backend.isCurrentThread()) {
      requirePrepared();
      compute(programs.running, programs.once, ALL, null, NOTHING);
    } else {
      backend.call(step);
    }
  }

  @Override
  public Following followedBy(Object key, Supplier<? extends CompiledOp> maker) {
    return followed.followedBy(key, maker);
  }

  /** Runs {@code both}, this plan's ops and {@code op} behind them, and waits; {@code beside} comes before the wait. */
  void run(CompiledOp op, Program both, Runnable beside) {
    if (watched) {
      run();
      op.execute();
      beside.run();
      both.await();
    } else {
      requirePrepared();
      compute(both, programs.once, ALL, null, beside);
    }
  }

  /**
   * Runs a program, waits, and sees to it that what was computed from was there to its end.
   *
   * @param first which of the plan's ops is the program's first
   * @param slice or {@link #ALL}
   * @param nanoseconds as of {@link #run(long[])}, or null
   * @param beside done before it waits
   */
  private void compute(Program program, int first, int slice, long[] nanoseconds, Runnable beside) {
    try {
      if (watched) {
        if (slice <= 0) {
          program.run(op -> requireFinite(first + op));
        }
      } else if (nanoseconds != null) {
        program.run(nanoseconds, first);
      } else if (slice == ALL) {
        program.run();
      } else {
        program.run(slice);
      }
      try {
        beside.run();
      } finally {
        program.await(); // what is under way reads memory that others free
      }
    } catch (InternalError e) { // the runtime's word for a page that is gone, where a kernel is Java code
      requireUnchanged();
      throw e;
    }
    requireUnchanged();
  }

  /**
   * Has every op's result looked at from now on, or no more: slow. A run then ends with the first that is not finite.
   * On the backend's thread.
   */
  public void watch(boolean watched) {
    this.watched = watched;
  }

  private void requireFinite(int op) {
    PlannedOp planned = listing.get(op);
    for (Value output : planned.node().outputs()) {
      if (output.dtype().isFloatingPoint() && !tensor(output.name(), output, memory).read().isFinite()) {
        throw new NotFiniteException(
            output + ", computed by " + planned.implementation() + ", holds NaN or infinite values");
      }
    }
  }

  private void requireUnchanged() {
    try {
      weights.requireUnchanged();
    } catch (ChangedFileException e) {
      broken = true;
      throw e;
    }
  }

  /**
   * Whether its weights lie in a file that was changed, or its memory on a device that has failed: it can compute
   * nothing any more. Any thread may ask.
   */
  public boolean broken() {
    return broken || steady.lost();
  }

  /** How many parts {@link #run()} may be cut into, 1 for what is done in a moment. */
  public int slices() {
    return programs.running.slices();
  }

  /**
   * Runs one part, on the backend's thread, and waits; part 0 up to the last make a run, between which nothing else may
   * run this plan.
   *
   * @throws IllegalStateException as {@link #run()}
   */
  public void run(int slice) {
    backend.call(() -> {
      requirePrepared();
      compute(programs.running, programs.once, slice, null, NOTHING);
      return null;
    });
  }

  private void requirePrepared() {
    if (!prepared) {
      throw new IllegalStateException("the plan has steady inputs; write them and call prepare() before the first run");
    }
  }

  /**
   * As {@link #run()}, on the calling thread, and adds the time that each took to {@code nanoseconds}, in the order of
   * {@link #ops}.
   *
   * @throws IllegalStateException if the calling thread is not the backend's
   */
  public void run(long[] nanoseconds) {
    if (!backend.isCurrentThread()) {
      throw new IllegalStateException("a timed run is made on the backend's thread; wrap it in Backend.call");
    }
    requirePrepared();
    compute(programs.running, programs.once, ALL, nanoseconds, NOTHING);
  }

  /** All memory that the plan holds: activations, scratch and packed weights. */
  public long peakBytes() {
    return size.bytes();
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
      if (!closed) {
        closed = true;
        List<AutoCloseable> all = new ArrayList<>(List.<AutoCloseable>of(weights::free));
        all.addAll(owned);
        all.add(followed);
        Closing.all(all);
      }
      return null;
    });
  }
}
