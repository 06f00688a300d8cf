package dev.langevin.cli;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.plan.PlannedOp;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "plan", mixinStandardHelpOptions = true,
    description = "Shows every compiled operation of each network and its memory.")
final class PlanCommand implements Callable<Integer> {

  @Option(names = "--model", paramLabel = "DIR",
      description = "A diffusers folder; without it the embedded one of Fashion-MNIST.")
  private Path model;

  @Option(names = "--batch", defaultValue = "1", description = "Pictures at a time (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--size", paramLabel = "WxH", description = "Size of the pictures; without it the model's own.")
  private Size size;

  @Option(names = "--backend", defaultValue = "onednn", description = "onednn or reference (${DEFAULT-VALUE}).")
  private String backend;

  @Override
  public Integer call() throws Exception {
    try (Pipeline pipeline = ModelOption.open(model, LoadOptions.builder().backend(backend).build())) {
      GenerationRequest request = request(pipeline.facts());
      System.out.printf("%-44s %-18s %-22s %-6s %-12s %10s %10s %10s  %s%n", "layer", "op", "shape", "dtype", "weights",
          "offset", "bytes", "w.bytes", "implementation");
      long weightBytes = 0;
      int count = 0;
      for (Map.Entry<String, List<PlannedOp>> network : pipeline.operations(request).entrySet()) {
        System.out.println(network.getKey() + ":");
        for (PlannedOp op : network.getValue()) {
          System.out.printf("%-44s %-18s %-22s %-6s %-12s %10d %10d %10d  %s%n", op.node().output().name(),
              op.node().op().label(), op.node().output().shape(), op.node().output().dtype(), op.weightLayout(),
              op.offset(),
              op.bytes(), op.weightBytes(), op.implementation());
          weightBytes += op.weightBytes();
          count++;
        }
      }
      System.out.printf("%d ops, weights %d bytes, peak %d bytes%n", count, weightBytes,
          pipeline.plan(request).peakBytes());
    }
    return 0;
  }

  private GenerationRequest request(ModelFacts facts) {
    GenerationRequest.Builder request = GenerationRequest.unconditional().count(batch);
    if (facts.readsText()) {
      request.prompts(List.of(""));
    }
    if (facts.needsClass()) {
      request.labels(0);
    }
    if (size != null) {
      request.size(size.width(), size.height());
    }
    return request.build();
  }
}
