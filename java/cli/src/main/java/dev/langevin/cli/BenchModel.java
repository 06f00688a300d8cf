package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Graph;
import dev.langevin.plan.OpWork;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Times whole networks of real models. Weights are random: time does not depend on them. */
@Command(name = "model", header = "Times one call of a network.",
    footer = {"langevin bench model tiny", "langevin bench model unet --precision int8 --ops"},
    mixinStandardHelpOptions = true,
    description = "Times one call of a network: Stable Diffusion 1.5's U-Net, VAE decoder or text encoder, Stable"
        + " Diffusion XL's U-Net, the CIFAR-10 DDPM U-Net, a tiny one.")
final class BenchModel implements Callable<Integer> {

  @Parameters(paramLabel = "NETWORK", description = "${COMPLETION-CANDIDATES}")
  private BenchNetwork work;

  @Option(names = "--latent", paramLabel = "N", defaultValue = "64",
      description = "Side of the latents (${DEFAULT-VALUE}).")
  private int latent;

  @Option(names = {"--count", "--batch"}, paramLabel = "N",
      description = "Samples a call; without it 2 for unet and xl, else 1.")
  private Integer batch;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "f32",
      description = "f32, bf16 or int8, or of cuda f16 or tf32 (${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(names = "--repeat", paramLabel = "N", defaultValue = "5",
      description = "Calls that are timed (${DEFAULT-VALUE}).")
  private int repeat;

  @Option(names = "--ops", description = "Also the time of each operation.")
  private boolean ops;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backendName;

  @Override
  public Integer call() throws IOException {
    int samples = batch == null ? work.batch : batch;
    if (samples < 1 || repeat < 1 || latent < 8 || latent % 8 != 0) {
      throw new IllegalArgumentException("--count is " + samples + ", --repeat " + repeat + ", --latent " + latent
          + "; count and repeat must be at least 1, latent a multiple of 8");
    }
    Graph graph = work.graph(samples, latent);
    long start = System.nanoTime();
    try (Backend backend = Backend.open(backendName, BackendOptions.usual());
        TimedKernel network = new TimedKernel(backend, graph, precision)) {
      double planned = (System.nanoTime() - start) * 1e-9;
      double first = network.first();
      for (int i = 0; i < repeat; i++) {
        network.measure(0);
      }
      report(backend, network, graph, samples, planned, first);
      if (ops) {
        network.profile(repeat).forEach(System.out::println);
      }
    }
    return 0;
  }

  private void report(Backend backend, TimedKernel network, Graph graph, int samples, double planned, double first)
      throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("work", work.name());
    fields.put("peer", "langevin, " + backend.description());
    fields.put("dtype", precision.name().toLowerCase(Locale.ROOT));
    fields.put("batch", samples);
    fields.put("latent", latent);
    fields.put("threads", backend.threads());
    fields.put("gflop", rounded(OpWork.flops(graph) * 1e-9));
    fields.put("plan_s", rounded(planned));
    fields.put("first_s", rounded(first));
    fields.put("min_s", network.fastest());
    fields.put("median_s", network.median());
    fields.put("max_s", network.slowest());
    fields.put("planned_gb", rounded(network.plannedBytes() * 0x1p-30));
    fields.put("peak_rss_gb", rounded(Resident.peakBytes() * 0x1p-30));
    Output.fields(fields, 12);
  }

  static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
