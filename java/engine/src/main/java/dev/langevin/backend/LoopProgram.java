package dev.langevin.backend;

import java.util.List;
import java.util.function.IntConsumer;

/** Executes ops one after another; each is done when it returns. */
public final class LoopProgram implements Program {

  private final CompiledOp[] ops;
  private final int[] ends;

  /**
   * Ops in their order, cut into slices.
   *
   * @param ends the op behind each slice's last, ascending; the last is their number
   * @throws IllegalArgumentException if it is not
   */
  public LoopProgram(List<CompiledOp> ops, int[] ends) {
    this.ops = ops.toArray(CompiledOp[]::new);
    this.ends = ends.clone();
    if ((ends.length == 0 ? 0 : ends[ends.length - 1]) != this.ops.length) {
      throw new IllegalArgumentException(
          "the slices end at " + java.util.Arrays.toString(ends) + ", there are " + this.ops.length + " ops");
    }
  }

  @Override
  public void run() {
    for (CompiledOp op : ops) {
      op.execute();
    }
  }

  @Override
  public int slices() {
    return ends.length;
  }

  @Override
  public void run(int slice) {
    for (int i = slice == 0 ? 0 : ends[slice - 1]; i < ends[slice]; i++) {
      ops[i].execute();
    }
  }

  @Override
  public void run(long[] nanoseconds, int first) {
    long before = System.nanoTime();
    for (int i = 0; i < ops.length; i++) {
      ops[i].execute();
      long after = System.nanoTime();
      nanoseconds[first + i] += after - before;
      before = after;
    }
  }

  @Override
  public void run(IntConsumer done) {
    for (int i = 0; i < ops.length; i++) {
      ops[i].execute();
      done.accept(i);
    }
  }

  @Override
  public void await() {}

  @Override
  public void close() {}
}
