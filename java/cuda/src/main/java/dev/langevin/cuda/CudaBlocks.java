package dev.langevin.cuda;

import dev.langevin.backend.Block;
import dev.langevin.backend.BlockKernels;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import java.lang.foreign.Arena;

/** What a sampler asks for, in the stream like all else; an optimiser's part is refused. */
record CudaBlocks(Gpu gpu) implements BlockKernels {

  @Override
  public void adamW(AdamW step, Block weights, Block gradients, Block first, Block second, Block average) {
    throw new UnsupportedOperationException(CudaBackend.NO_TRAINING);
  }

  @Override
  public double sumOfSquares(Block values) {
    throw new UnsupportedOperationException(CudaBackend.NO_TRAINING);
  }

  @Override
  public void add(Block source, Block target) {
    Block end = target.slice(target.bytes() - source.bytes(), source.bytes());
    axpby(1, end, 1, source, end);
  }

  @Override
  public void axpby(double a, Block x, double b, Block y, Block target) {
    long elements = target.bytes() / 4;
    launch(Kernel.AXPBY, elements, kernel -> kernel.pointer("x", x.address()).pointer("y", y.address())
        .pointer("target", target.address()).integer("elements", elements).real("a", a).real("b", b));
  }

  @Override
  public void rescale(Block answers, int samples, double guidance, double amount) {
    launch(Kernel.RESCALE, (long) samples * Constant.RESCALE_THREADS.value,
        kernel -> kernel.pointer("answers", answers.address()).integer("samples", samples)
            .integer("elements", answers.bytes() / 4 / (2L * samples)).real("guidance", guidance)
            .real("amount", amount));
  }

  @Override
  public void keep(double signal, Block picture, double noise, Block drawn, Block mask, Block x) {
    long elements = x.bytes() / 4;
    launch(Kernel.KEEP, elements,
        kernel -> kernel.pointer("picture", picture.address()).pointer("drawn", drawn.address())
            .pointer("mask", mask.address()).pointer("x", x.address()).integer("elements", elements)
            .integer("period", mask.bytes() / 4).real("signal", signal).real("noise", noise));
  }

  private interface Filling {
    void fill(KernelLaunch kernel);
  }

  private void launch(Kernel kernel, long elements, Filling arguments) {
    if (elements == 0) {
      return;
    }
    Session session = gpu.session();
    try (Arena arena = Arena.ofConfined()) {
      KernelLaunch launch =
          session.launch(kernel, arena).units(Math.ceilDiv(elements, Constant.POINTWISE_THREADS.value));
      arguments.fill(launch);
      session.run("computing", () -> launch.run(session.stream()));
    }
  }
}
