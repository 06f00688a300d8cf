package dev.langevin.cuda;

import dev.langevin.backend.CompiledOp;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.cuda.CudaBlock;
import dev.langevin.bindings.cuda.CudaHostBlock;
import dev.langevin.bindings.cuda.CudaStream;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.graph.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What an op asks the stream for, in order, with memory of its own. Used on the device's thread. */
class Launches implements CompiledOp {

  /** One piece of work for the stream. */
  @FunctionalInterface
  private interface Work {
    void ask(CudaStream stream);
  }

  /** Something that is wrong where a number on the device is not 0 after a run. */
  private record Check(CudaBlock flag, String sentence) {}

  private final Session session;
  private final Arena arena = LiveHandles.shared();
  private final List<Work> work = new ArrayList<>();
  private final List<CudaBlock> blocks = new ArrayList<>();
  private Check check; // or null

  Launches(Session session) {
    this.session = session;
  }

  Session session() {
    return session;
  }

  /** A kernel that is launched behind what there is; its arguments are the caller's to set. */
  KernelLaunch add(Kernel kernel) {
    KernelLaunch launch = session.launch(kernel, arena);
    work.add(launch::run);
    return launch;
  }

  /** {@link #add(Kernel)} for one that reads {@code src_type} and writes {@code dst_type}, which are those values'. */
  KernelLaunch add(Kernel kernel, Value src, Value dst) {
    return add(kernel).choice("src_type", Stored.constant(src)).choice("dst_type", Stored.constant(dst));
  }

  /** What a library asks the session's stream for. */
  void add(Runnable asking) {
    work.add(stream -> asking.run());
  }

  /** Writes the same 4 bytes all over. */
  void fill(MemorySegment target, int value) {
    if (target.byteSize() > 0) {
      work.add(stream -> stream.fill(target, value));
    }
  }

  /** Copies to the host's {@code target}, which is a {@link CudaHostBlock}'s; there once it was waited for. */
  void download(MemorySegment source, MemorySegment target) {
    work.add(stream -> stream.download(source, target));
  }

  /** Numbers on the device that live as long as the op. */
  MemorySegment constants(float... values) {
    CudaBlock block = block(4L * Math.max(1, values.length));
    session.upload(MemorySegment.ofArray(values), block.segment());
    return block.segment();
  }

  /** A number on the device, 0 before each run, that a kernel sets to 1 where something is wrong. */
  MemorySegment flag(String sentence) {
    CudaBlock block = block(4);
    work.addFirst(stream -> stream.fill(block.segment(), 0));
    check = new Check(block, sentence);
    return block.segment();
  }

  private CudaBlock block(long bytes) {
    CudaBlock block = session.make(bytes + " bytes", () -> CudaBlock.allocate(bytes));
    blocks.add(block);
    return block;
  }

  /** Whether {@link #requireRight} has anything to look at. */
  boolean checks() {
    return check != null;
  }

  /**
   * After a run was waited for.
   *
   * @throws IllegalArgumentException if a flag is set
   */
  void requireRight() {
    int[] set = new int[1];
    session.download(check.flag.segment(), MemorySegment.ofArray(set));
    if (set[0] != 0) {
      throw new IllegalArgumentException(check.sentence);
    }
  }

  /** Asks for it, where the session is the caller's already: see {@link CudaProgram}. */
  void ask(CudaStream stream) {
    for (Work each : work) {
      each.ask(stream);
    }
  }

  @Override
  public void execute() {
    session.run("computing", () -> ask(session.stream()));
  }

  @Override
  public void close() {
    blocks.forEach(session::free);
    blocks.clear();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
