package dev.langevin.cuda;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.cuda.CudaBlock;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A layer on drawn numbers, by the simple kernel in f32, or of bytes where engines multiply bytes, and then by engines
 * that are to compute the same; whatever type its values lie in elsewhere, here it is f32. It takes memory for the
 * layer's inputs and twice its result until it is closed. On the session's thread.
 */
final class Trial implements AutoCloseable {

  /** Numbers that are drawn; they are repeated, a prime number of them so that no row or picture repeats. */
  private static final int DRAWN = 999_983;

  private static final int PIECE = 1 << 20;
  private static final int RUNS = 3;
  private static final int NAN = 0x7fc00000;
  private static final long SEED = 20;

  /** @param difference root mean square, relative to that of the simple kernel's result */
  record Outcome(double difference, long nanoseconds) {}

  private final Session session;
  private final Node node;
  private final LayerGraph graph;
  private final List<CudaBlock> blocks = new ArrayList<>();
  private final List<MemorySegment> inputs = new ArrayList<>();
  private final MemorySegment expected;
  private final MemorySegment result;

  /** @throws OutOfMemoryError if the device has no room for it */
  Trial(Session session, Node layer, LayerGraph graph) {
    this.session = session;
    node = Stored.wide(layer);
    this.graph = graph;
    try {
      float[] drawn = new float[DRAWN];
      Random random = new Random(SEED);
      for (int i = 0; i < DRAWN; i++) {
        drawn[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < node.inputs().size(); i++) {
        inputs.add(drawn(i, drawn));
      }
      expected = block(node.output().bytes());
      result = block(node.output().bytes());
      Precision precision = graph.arithmetic() == Arithmetic.S8 ? Precision.INT8 : Precision.F32;
      try (PreparedOp simple = new OwnKernels().prepare(session, node, precision);
          CompiledOp op = simple.bind(places(simple, blocks), List.of(expected), block(simple.scratchBytes()))) {
        op.execute();
        session.await();
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** An input of numbers about 1; a layer's weights of such that its sums are about 1, too. */
  private MemorySegment drawn(int input, float[] numbers) {
    long elements = node.input(input).shape().elements();
    MemorySegment block = block(4 * elements);
    boolean weights = input == 1 && !(node.op() instanceof Op.Attention);
    float scale = weights ? (float) Math.sqrt((double) node.input(1).shape().dim(0) / elements) : 1;
    float[] scaled = new float[DRAWN];
    for (int i = 0; i < DRAWN; i++) {
      scaled[i] = scale * numbers[i];
    }
    for (long at = 0; at < elements; at += DRAWN) {
      long count = Math.min(DRAWN, elements - at);
      session.upload(MemorySegment.ofArray(scaled).asSlice(0, 4 * count), block.asSlice(4 * at, 4 * count));
    }
    return block;
  }

  /** Runs an engine once to compare, and then for its time. What it leaves unwritten differs. */
  Outcome of(Engine engine) {
    List<CudaBlock> own = new ArrayList<>();
    try (PreparedOp prepared = new EngineOp(session, node, graph, engine)) {
      List<MemorySegment> places = places(prepared, own);
      session.run("filling", () -> session.stream().fill(result, NAN));
      try (CompiledOp op = prepared.bind(places, List.of(result), block(prepared.scratchBytes(), own))) {
        op.execute();
        session.await();
        return new Outcome(difference(), nanoseconds(op));
      }
    } finally {
      own.forEach(session::free);
    }
  }

  /** Most that a right engine differs by. */
  double bound() {
    return graph.arithmetic().bound();
  }

  /** The inputs as an op reads them. */
  private List<MemorySegment> places(PreparedOp op, List<CudaBlock> own) {
    List<MemorySegment> places = new ArrayList<>(inputs);
    for (int i = 0; i < places.size(); i++) {
      PreparedOp.WeightLayout layout = op.weightLayout(i);
      if (layout != null) {
        places.set(i, packed(layout, inputs.get(i), own));
      }
    }
    return places;
  }

  private MemorySegment packed(PreparedOp.WeightLayout layout, MemorySegment plain, List<CudaBlock> own) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(plain.byteSize(), Long.BYTES);
      MemorySegment arranged = arena.allocate(layout.bytes(), Long.BYTES);
      session.download(plain, host);
      layout.pack(host, arranged);
      MemorySegment block = block(layout.bytes(), own);
      session.upload(arranged, block);
      return block;
    }
  }

  private double difference() {
    double apart = 0;
    double all = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(4L * PIECE, 4);
      MemorySegment other = arena.allocate(4L * PIECE, 4);
      for (long at = 0; at < expected.byteSize(); at += 4L * PIECE) {
        long bytes = Math.min(4L * PIECE, expected.byteSize() - at);
        session.download(expected.asSlice(at, bytes), one.asSlice(0, bytes));
        session.download(result.asSlice(at, bytes), other.asSlice(0, bytes));
        for (long i = 0; i < bytes / 4; i++) {
          double right = one.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          double by = other.getAtIndex(ValueLayout.JAVA_FLOAT, i) - right;
          apart += by * by;
          all += right * right;
        }
      }
    }
    return Math.sqrt(apart / all);
  }

  private long nanoseconds(CompiledOp op) {
    long least = Long.MAX_VALUE;
    try (CudaProgram program = new CudaProgram(session, List.of(op), new int[] {1})) {
      for (int run = 0; run < RUNS; run++) {
        long[] time = new long[1];
        program.run(time, 0);
        least = Math.min(least, time[0]);
      }
    }
    return least;
  }

  private MemorySegment block(long bytes) {
    return block(bytes, blocks);
  }

  private MemorySegment block(long bytes, List<CudaBlock> owned) {
    CudaBlock block = session.make(bytes + " bytes, to try a kernel", () -> CudaBlock.allocate(Math.max(4, bytes)));
    owned.add(block);
    return block.segment().asSlice(0, bytes);
  }

  @Override
  public void close() {
    blocks.forEach(session::free);
    blocks.clear();
  }
}
