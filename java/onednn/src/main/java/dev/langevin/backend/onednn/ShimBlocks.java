package dev.langevin.backend.onednn;

import dev.langevin.backend.Block;
import dev.langevin.backend.HostBlocks;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One pass of the shim over a block; the calls are built anew at each step, as their numbers change. */
final class ShimBlocks extends HostBlocks {

  @Override
  public void adamW(AdamW step, Block weights, Block gradients, Block first, Block second, Block average) {
    try (Arena arena = Arena.ofConfined()) {
      KernelCall call =
          new KernelCall(Kernel.ADAMW, arena).pointer("param", weights.address()).pointer("grad", gradients.address())
              .pointer("moment1", first.address()).pointer("moment2", second.address())
              .integer("count", weights.bytes() / 4)
              .real("learning_rate", step.learningRate()).real("beta1", step.beta1()).real("beta2", step.beta2())
              .real("epsilon", step.epsilon()).real("weight_decay", step.weightDecay())
              .real("bias_correction1", step.biasCorrection1()).real("bias_correction2", step.biasCorrection2())
              .real("grad_scale", step.gradientScale()).real("average_decay", step.averageDecay());
      if (average != null) {
        call.pointer("average", average.address());
      }
      call.execute();
    }
  }

  @Override
  public double sumOfSquares(Block values) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sum = arena.allocate(ValueLayout.JAVA_DOUBLE);
      KernelCall call = new KernelCall(Kernel.SUM_SQUARES, arena).pointer("src", values.address()).pointer("dst", sum)
          .integer("count", values.bytes() / 4);
      call.scratch(arena.allocate(Math.max(call.scratchBytes(), 1), 64)).execute();
      return sum.get(ValueLayout.JAVA_DOUBLE, 0);
    }
  }
}
