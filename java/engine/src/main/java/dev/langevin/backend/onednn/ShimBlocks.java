package dev.langevin.backend.onednn;

import dev.langevin.backend.BlockKernels;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One pass of the shim over a block; the calls are built anew at each step, as their numbers change. */
final class ShimBlocks implements BlockKernels {

  @Override
  public void adamW(AdamW step, MemorySegment weights, MemorySegment gradients, MemorySegment first, MemorySegment second,
      MemorySegment average) {
    try (Arena arena = Arena.ofConfined()) {
      KernelCall call = new KernelCall(Kernel.ADAMW, arena).pointer("param", weights).pointer("grad", gradients)
          .pointer("moment1", first).pointer("moment2", second).integer("count", weights.byteSize() / 4)
          .real("learning_rate", step.learningRate()).real("beta1", step.beta1()).real("beta2", step.beta2())
          .real("epsilon", step.epsilon()).real("weight_decay", step.weightDecay())
          .real("bias_correction1", step.biasCorrection1()).real("bias_correction2", step.biasCorrection2())
          .real("grad_scale", step.gradientScale()).real("average_decay", step.averageDecay());
      if (average != null) {
        call.pointer("average", average);
      }
      call.execute();
    }
  }

  @Override
  public double sumOfSquares(MemorySegment values) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sum = arena.allocate(ValueLayout.JAVA_DOUBLE);
      KernelCall call = new KernelCall(Kernel.SUM_SQUARES, arena).pointer("src", values).pointer("dst", sum)
          .integer("count", values.byteSize() / 4);
      call.scratch(arena.allocate(Math.max(call.scratchBytes(), 1), 64)).execute();
      return sum.get(ValueLayout.JAVA_DOUBLE, 0);
    }
  }
}
