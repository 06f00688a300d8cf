package dev.langevin.backend.reference;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.HostMemory;
import dev.langevin.backend.Memory;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.SharedDevice;
import dev.langevin.graph.Node;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** Plain Java, double precision, one thread. */
public final class ReferenceBackend implements Backend {

  private final SharedDevice<ReferenceDevice>.Share share;
  private final Memory memory = new HostMemory();

  ReferenceBackend(SharedDevice<ReferenceDevice>.Share share) {
    this.share = share;
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public int device() {
    return 0;
  }

  @Override
  public int threads() {
    return share.device().threads();
  }

  @Override
  public String build() {
    return "reference"; // every layout is plain
  }

  @Override
  public String description() {
    return "plain Java, double precision, one thread";
  }

  @Override
  public Map<String, String> facts() {
    return Map.of("arithmetic", description());
  }

  @Override
  public PreparedOp prepare(Node node) {
    return new PreparedOp() {
      @Override
      public String implementation() {
        return "java";
      }

      @Override
      public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
        return () -> ReferenceKernels.run(node, new ReferenceKernels.Memory(inputs, outputs));
      }
    };
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public BlockKernels blocks() {
    return new ReferenceBlocks();
  }

  @Override
  public <T> T call(Callable<T> work) {
    return share.device().thread.call(work);
  }

  @Override
  public void post(long nanoseconds, Runnable work) {
    share.device().thread.post(nanoseconds, work);
  }

  @Override
  public boolean isCurrentThread() {
    return share.device().thread.isCurrent();
  }

  @Override
  public Backend share() {
    return new ReferenceBackend(share.again());
  }

  @Override
  public void close() {
    share.close();
  }
}
