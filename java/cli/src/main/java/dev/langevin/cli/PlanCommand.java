package dev.langevin.cli;

import dev.langevin.pipeline.UnconditionalDiffusion;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlannedOp;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "plan", mixinStandardHelpOptions = true, description = "Shows every compiled operation and its memory.")
final class PlanCommand implements Callable<Integer> {

  @Option(names = "--model", paramLabel = "DIR", description = "A diffusers folder; without it the embedded one of Fashion-MNIST.")
  private Path model;

  @Option(names = "--batch", defaultValue = "1", description = "Pictures at a time (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--size", paramLabel = "WxH", description = "Size of the pictures; without it the model's own.")
  private Size size;

  @Option(names = "--backend", defaultValue = "onednn", description = "onednn or reference (${DEFAULT-VALUE}).")
  private String backend;

  @Override
  public Integer call() throws Exception {
    try (UnconditionalDiffusion diffusion = ModelOption.load(model, backend, false);
        Plan plan = size == null ? diffusion.plan(batch) : diffusion.plan(batch, size.height(), size.width())) {
      System.out.printf("%-44s %-18s %-22s %-6s %-12s %10s %10s %10s  %s%n", "layer", "op", "shape", "dtype", "weights",
          "offset", "bytes", "w.bytes", "implementation");
      long weightBytes = 0;
      for (PlannedOp op : plan.ops()) {
        System.out.printf("%-44s %-18s %-22s %-6s %-12s %10d %10d %10d  %s%n", op.node().output().name(),
            op.node().op().label(), op.node().output().shape(), op.node().output().dtype(), op.weightLayout(), op.offset(),
            op.bytes(), op.weightBytes(), op.implementation());
        weightBytes += op.weightBytes();
      }
      System.out.printf("%d ops, weights %d bytes, peak %d bytes%n", plan.ops().size(), weightBytes, plan.peakBytes());
    }
    return 0;
  }
}
