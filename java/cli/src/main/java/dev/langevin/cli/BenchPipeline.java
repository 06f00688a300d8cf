package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.RequestPlan;
import dev.langevin.request.Tiling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a whole model from text to picture, and tells where its time and memory went. */
@Command(name = "pipeline", header = "Times the way from a text to a picture.",
    footer = {"langevin bench pipeline sd15 --steps 10 --repeat 3"}, mixinStandardHelpOptions = true,
    description = "Runs text to picture: time of each stage, planned memory and the most that was resident.")
final class BenchPipeline implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "A diffusers folder, for example one of 'bench write-model'.")
  private Path model;

  @Option(names = "--size", paramLabel = "WxH", description = "Size of the picture; without it the model's own.")
  private Size size;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "20",
      description = "Steps of the sampler (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--sampler", paramLabel = "NAME", defaultValue = "euler", description = "Sampler (${DEFAULT-VALUE}).")
  private String sampler;

  @Option(names = {"--count", "--batch"}, paramLabel = "N", defaultValue = "1",
      description = "Pictures at a time (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--repeat", paramLabel = "N", defaultValue = "1",
      description = "Requests that are timed, one after another (${DEFAULT-VALUE}).")
  private int repeat;

  @Option(names = "--vae-tiling", description = "Decode in tiles.")
  private boolean tiling;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "f32",
      description = "f32, bf16 or int8 (${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(names = "--max-memory", paramLabel = "BYTES", description = "Most memory, such as 4g (no limit).")
  private ByteCount maxMemory;

  @Mixin
  private WeightCacheOption weightCache = new WeightCacheOption();

  private final List<Map<String, Object>> runs = new ArrayList<>(); // what each request took

  @Override
  public Integer call() throws IOException {
    long start = System.nanoTime();
    try (Pipeline diffusion = Pipelines.open(model, options())) {
      double load = (System.nanoTime() - start) * 1e-9;
      if (diffusion.ability(Embeddings.class).isPresent()) {
        print(new BenchUnClip(model, steps, batch).run(diffusion, load));
        return 0;
      }
      GenerationRequest.Builder builder = GenerationRequest.prompt("a photograph of an astronaut riding a horse")
          .negativePrompt("blurry").steps(steps).sampler(sampler).count(batch).tiling(tiling ? Tiling.DEFAULT : null);
      if (size != null) {
        builder.size(size.width(), size.height());
      }
      GenerationRequest request = builder.build();
      RequestPlan plan = diffusion.plan(request);
      double loaded = Resident.bytes();
      for (int i = 0; i < repeat; i++) {
        List<Long> times = new ArrayList<>(List.of(System.nanoTime()));
        Generation made = diffusion.generate(request, (step, total, preview) -> {
          times.add(System.nanoTime());
          return true;
        }, new CancellationToken());
        report(load, loaded, plan, made, times);
      }
    }
    return 0;
  }

  private LoadOptions options() {
    LoadOptions.Builder options = LoadOptions.builder().precision(precision).weightCache(weightCache.cache());
    return (maxMemory == null ? options : options.maxBytes(maxMemory.bytes())).build();
  }

  private void report(double load, double loaded, RequestPlan plan, Generation made, List<Long> times)
      throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model.toString());
    fields.put("picture", made.pictures().shape().toString());
    fields.put("steps", steps);
    fields.put("load_s", rounded(load));
    made.seconds().forEach((stage, seconds) -> fields.put(stage + "_s", rounded(seconds)));
    double[] step = new double[times.size() - 2]; // the first includes the network's planning
    for (int i = 0; i < step.length; i++) {
      step[i] = (times.get(i + 2) - times.get(i + 1)) * 1e-9;
    }
    java.util.Arrays.sort(step);
    if (step.length > 0) {
      fields.put("step_median_s", rounded(step[step.length / 2]));
      fields.put("step_min_s", rounded(step[0]));
      fields.put("step_max_s", rounded(step[step.length - 1]));
    }
    plan.networks().forEach((name, bytes) -> fields.put("planned_" + name + "_gb", gigabytes(bytes.bytes())));
    fields.put("planned_pictures_gb", gigabytes(plan.pictures()));
    double planned = loaded + plan.peakBytes(); // what the process held before the request, and what that adds
    fields.put("resident_before_gb", gigabytes(loaded));
    fields.put("planned_peak_gb", gigabytes(planned));
    fields.put("resident_peak_gb", gigabytes(Resident.peakBytes()));
    fields.put("peak_of_planned", rounded(Resident.peakBytes() / planned));
    print(fields);
  }

  private void print(Map<String, Object> fields) {
    runs.add(fields);
    Output.result("runs", runs);
    fields.forEach((key, value) -> System.out.printf("%-32s %s%n", key, value));
  }

  static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  static double gigabytes(double bytes) {
    return rounded(bytes * 1e-9);
  }
}
