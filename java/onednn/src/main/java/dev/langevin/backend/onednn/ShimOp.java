package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.bindings.shim.Shim;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A node as one kernel of the shim. Its block of arguments holds the sizes from the start, so that it can tell its
 * scratch memory; the pointers follow when memory is known.
 */
final class ShimOp implements PreparedOp {

  /** Sets the pointers of a block. */
  interface Pointers {
    void set(KernelCall call, List<MemorySegment> inputs, List<MemorySegment> outputs);
  }

  /** A call with all its pointers set, and its owner. */
  record Bound(KernelCall call) implements CompiledOp {
    @Override
    public void execute() {
      call.execute();
    }

    @Override
    public void close() {
      call.close();
    }
  }

  private final KernelCall call;
  private final String name;
  private final Pointers pointers;
  private boolean bound;

  /**
   * @param call with its sizes set; this owns it
   * @param name for listings
   * @param pointers sets the block's pointers
   */
  ShimOp(KernelCall call, String name, Pointers pointers) {
    this.call = call;
    this.name = name;
    this.pointers = pointers;
  }

  @Override
  public String implementation() {
    return name + ":" + Shim.isaName();
  }

  @Override
  public long scratchBytes() {
    return call.scratchBytes();
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    pointers.set(call, inputs, outputs);
    if (call.scratchBytes() > 0) {
      call.scratch(scratch);
    }
    bound = true;
    return new Bound(call);
  }

  @Override
  public void close() {
    if (!bound) {
      call.close();
    }
  }
}
