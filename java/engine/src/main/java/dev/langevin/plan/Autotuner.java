package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Measures which implementation of an operation is the fastest here, for those that have several, and keeps it in a {@link Tuning}. */
public final class Autotuner {

  /** Shortest time for which an implementation is run, in nanoseconds, after a run that does not count. */
  private static final long LEAST_TIME = 40_000_000;

  private static final int LEAST_RUNS = 3;

  private final Backend backend;
  private final Tuning tuning;

  /** Told of each operation that was measured. */
  @FunctionalInterface
  public interface Progress {

    /** @param total operations to be measured */
    void measured(int done, int total, String finding);
  }

  public Autotuner(Backend backend, Tuning tuning) {
    this.backend = backend;
    this.tuning = tuning;
  }

  /**
   * Measures what is not known of a graph's operations. Takes the memory of one operation at a time.
   *
   * @throws IOException if the findings cannot be written; they hold for this process all the same
   */
  public void tune(Graph graph, Precision precision, Progress progress) throws IOException {
    int found = backend.call(() -> {
      Map<String, Node> unknown = unknown(graph, precision);
      int done = 0;
      for (Map.Entry<String, Node> entry : unknown.entrySet()) {
        Precision allowed = Precision.valueOf(entry.getKey().substring(0, entry.getKey().indexOf(' ')));
        PreparedOp best = fastest(entry.getValue(), allowed);
        tuning.put(entry.getKey(), best.implementation());
        progress.measured(++done, unknown.size(), best.implementation() + " for " + entry.getValue());
      }
      return done;
    });
    if (found > 0) {
      tuning.save();
    }
  }

  private Map<String, Node> unknown(Graph unfused, Precision precision) {
    Graph graph = FusePass.run(unfused);
    Set<Node> sensitive = precision == Precision.F32 ? Set.of() : SensitiveLayers.of(graph);
    Map<String, Node> unknown = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      boolean layer = node.op() instanceof Op.Conv2d || node.op() instanceof Op.Linear;
      String signature = Tuning.signature(node, sensitive.contains(node) ? Precision.F32 : precision);
      if (layer && tuning.fastest(signature) == null && node.inputs().stream().allMatch(input -> input.dtype() == DType.F32)) {
        unknown.putIfAbsent(signature, node);
      }
    }
    unknown.entrySet().removeIf(entry ->
        backend.candidates(entry.getValue(), Precision.valueOf(entry.getKey().substring(0, entry.getKey().indexOf(' ')))).size() < 2);
    return unknown;
  }

  private PreparedOp fastest(Node node, Precision precision) {
    PreparedOp best = null;
    long least = Long.MAX_VALUE;
    for (PreparedOp candidate : backend.candidates(node, precision)) {
      long time = measure(node, candidate);
      if (time < least) {
        least = time;
        best = candidate;
      }
    }
    return best;
  }

  /** The least time of some runs over random values, in nanoseconds. */
  private long measure(Node node, PreparedOp op) {
    List<AutoCloseable> owned = new ArrayList<>();
    try (Arena host = Arena.ofConfined()) {
      List<MemorySegment> inputs = new ArrayList<>();
      for (int i = 0; i < node.inputs().size(); i++) {
        Value input = node.input(i);
        MemorySegment values = random(input.bytes(), host);
        PreparedOp.WeightLayout layout = input.isWeight() ? op.weightLayout(i) : null;
        if (layout != null) {
          MemorySegment packed = host.allocate(layout.bytes(), Tensor.ALIGNMENT);
          layout.pack(values, packed);
          values = packed;
        }
        Block block = block(values.byteSize(), owned);
        block.upload(values, 0);
        inputs.add(block.address());
      }
      List<MemorySegment> outputs = node.outputs().stream().map(output -> block(output.bytes(), owned).address()).toList();
      CompiledOp compiled = op.bind(inputs, outputs, block(op.scratchBytes(), owned).address());
      owned.add(compiled);
      compiled.execute();
      long least = Long.MAX_VALUE;
      long spent = 0;
      for (int run = 0; run < LEAST_RUNS || spent < LEAST_TIME; run++) {
        long start = System.nanoTime();
        compiled.execute();
        long time = System.nanoTime() - start;
        least = Math.min(least, time);
        spent += time;
      }
      return least;
    } finally {
      Plan.close(owned);
    }
  }

  private Block block(long bytes, List<AutoCloseable> owned) {
    Block block = backend.memory().allocate(bytes);
    owned.add(block);
    return block;
  }

  /** Not zeros, for which some kernels are faster; one block repeated, since drawing millions would take longer than the measurement. */
  private static MemorySegment random(long bytes, Arena arena) {
    MemorySegment memory = arena.allocate(bytes, Tensor.ALIGNMENT);
    float[] block = new float[4096];
    Random random = new Random(1);
    for (int i = 0; i < block.length; i++) {
      block[i] = (float) random.nextGaussian() * 0.05f;
    }
    for (long at = 0; at < memory.byteSize() / 4; at += block.length) {
      MemorySegment.copy(block, 0, memory, ValueLayout.JAVA_FLOAT, at * 4, (int) Math.min(block.length, memory.byteSize() / 4 - at));
    }
    return memory;
  }
}
