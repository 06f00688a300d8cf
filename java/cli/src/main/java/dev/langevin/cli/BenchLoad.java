package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A server's view: clients that each send their next request when the last is answered. */
@Command(name = "load", header = "Times requests of several clients to one model.",
    footer = {"langevin bench load sd15 --clients 4 --size 256x256"}, mixinStandardHelpOptions = true,
    description = "Sends requests to one model from several threads: the time until an answer, waiting included, and"
        + " throughput.")
final class BenchLoad implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "A diffusers folder of Stable Diffusion.")
  private Path model;

  @Option(names = "--clients", paramLabel = "N", defaultValue = "8",
      description = "Threads that send requests (${DEFAULT-VALUE}).")
  private int clients;

  @Option(names = "--requests", paramLabel = "N", defaultValue = "10",
      description = "Requests of each (${DEFAULT-VALUE}).")
  private int requests;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "4",
      description = "Steps of a request (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--size", paramLabel = "WxH", description = "Size of the picture; without it the model's own.")
  private Size size;

  @Option(names = "--threads", paramLabel = "N",
      description = "Threads that kernels run on; without it as doctor shows.")
  private Integer threads;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backendName;

  @Override
  public Integer call() throws Exception {
    if (clients < 1 || requests < 1) {
      throw new IllegalArgumentException(
          "--clients is " + clients + ", --requests " + requests + "; both must be at least 1");
    }
    try (Backend backend = Backend.open(backendName, new BackendOptions(threads));
        Pipeline diffusion = Pipelines.open(model, LoadOptions.builder().backend(backendName).build())) {
      for (int i = 0; i < 3; i++) {
        send(diffusion, i); // plans, and the compiler
      }
      double[] alone = new double[requests];
      for (int i = 0; i < requests; i++) {
        alone[i] = send(diffusion, i);
      }
      long start = System.nanoTime();
      double[] together = together(diffusion);
      report(backend.threads(), alone, together, (System.nanoTime() - start) * 1e-9);
    }
    return 0;
  }

  private double[] together(Pipeline diffusion) throws Exception {
    try (ExecutorService threadsOfClients = Executors.newFixedThreadPool(clients)) {
      List<Future<double[]>> running = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        int first = client * requests;
        running.add(threadsOfClients.submit(() -> {
          double[] seconds = new double[requests];
          for (int i = 0; i < requests; i++) {
            seconds[i] = send(diffusion, first + i);
          }
          return seconds;
        }));
      }
      double[] all = new double[clients * requests];
      for (int client = 0; client < clients; client++) {
        System.arraycopy(running.get(client).get(), 0, all, client * requests, requests);
      }
      return all;
    }
  }

  private double send(Pipeline diffusion, int seed) {
    GenerationRequest.Builder request =
        GenerationRequest.prompt("a photograph of an astronaut").steps(steps).seed(seed);
    if (size != null) {
      request.size(size.width(), size.height());
    }
    long start = System.nanoTime();
    diffusion.generate(request.build());
    return (System.nanoTime() - start) * 1e-9;
  }

  private void report(int kernelThreads, double[] alone, double[] together, double seconds) throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model.toString());
    fields.put("threads", kernelThreads);
    fields.put("clients", clients);
    fields.put("requests", together.length);
    fields.put("alone_p50_s", quantile(alone, 0.5));
    fields.put("p50_s", quantile(together, 0.5));
    fields.put("p99_s", quantile(together, 0.99));
    fields.put("requests_per_s", BenchModel.rounded(together.length / seconds));
    Output.fields(fields, 16);
  }

  /** The smallest value that at least so large a part of them reaches, in seconds to a tenth of a millisecond. */
  private static double quantile(double[] values, double part) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return Math.round(sorted[(int) Math.ceil(part * sorted.length) - 1] * 1e4) / 1e4;
  }
}
