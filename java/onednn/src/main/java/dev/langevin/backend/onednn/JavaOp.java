package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An operation so small beside the network that Java does it. */
record JavaOp(Work work) implements PreparedOp {

  interface Work {
    void run(List<MemorySegment> inputs, List<MemorySegment> outputs);
  }

  static PreparedOp of(Work work) {
    return new JavaOp(work);
  }

  @Override
  public String implementation() {
    return "java";
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    return () -> work.run(inputs, outputs);
  }
}
