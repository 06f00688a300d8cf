package dev.langevin.backend.onednn;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Two implementations one after the other; weights are packed as the first asks. */
record Sequence(PreparedOp first, PreparedOp second) implements PreparedOp {

  @Override
  public String implementation() {
    return first.implementation() + "+" + second.implementation();
  }

  @Override
  public long scratchBytes() {
    return Math.max(first.scratchBytes(), second.scratchBytes());
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return first.weightLayout(index);
  }

  /** What the first has in its place does both. */
  @Override
  public PreparedOp compact() {
    return first.compact();
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    CompiledOp one = first.bind(inputs, outputs, scratch);
    CompiledOp two;
    try {
      two = second.bind(inputs, outputs, scratch);
    } catch (Throwable e) {
      Closing.after(e, List.of(one));
      throw e;
    }
    return new CompiledOp() {
      @Override
      public void execute() {
        one.execute();
        two.execute();
      }

      @Override
      public void close() {
        Closing.all(List.of(one, two));
      }
    };
  }

  @Override
  public void close() {
    Closing.all(List.of(first, second));
  }
}
