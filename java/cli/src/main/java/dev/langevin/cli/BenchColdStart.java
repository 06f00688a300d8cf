package dev.langevin.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Starts the program anew for each measurement, with the same Java and its options, and tells when its first step was
 * done.
 */
@Command(name = "cold-start", header = "Times a new process up to its first step.",
    footer = {"langevin bench cold-start sd15 --size 256x256"}, mixinStandardHelpOptions = true,
    description = "Times a new process from its start to the end of the first step, without the weight cache and with"
        + " it.")
final class BenchColdStart implements Callable<Integer> {

  @Parameters(paramLabel = "DIR", description = "A diffusers folder, for example one of 'bench write-model'.")
  private Path model;

  @Option(names = "--size", paramLabel = "WxH", defaultValue = "512x512",
      description = "Size of the picture (${DEFAULT-VALUE}).")
  private Size size;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "f32",
      description = "f32 or int8 (${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "4",
      description = "Steps of each process, at least 2; then it decodes (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--repeat", paramLabel = "N", defaultValue = "3",
      description = "Processes with the cache (${DEFAULT-VALUE}).")
  private int repeat;

  @Mixin
  private WeightCacheOption weightCache = new WeightCacheOption();

  @Option(names = "--measured", hidden = true)
  private boolean measured;

  private final List<Map<String, Object>> runs = new ArrayList<>(); // what each process took

  @Override
  public Integer call() throws Exception {
    if (steps < 2 || repeat < 1) {
      throw new IllegalArgumentException(
          "--steps is " + steps + ", --repeat " + repeat + "; steps must be at least 2, repeat at least 1");
    }
    if (measured) {
      measure();
      return 0;
    }
    print("off", start("off"));
    String folder = weightCache.cache() == null ? null : weightCache.cache().folder().toString();
    for (int i = 0; folder != null && i <= repeat; i++) {
      print(i == 0 ? "filled if empty" : "used", start(folder));
    }
    return 0;
  }

  /** What the process that is measured does. Moments are told as the time of day, which the other process has too. */
  private void measure() throws IOException {
    Map<String, Object> moments = new LinkedHashMap<>();
    moments.put("main", micros(Instant.now()));
    LoadOptions options = LoadOptions.builder().precision(precision).weightCache(weightCache.cache()).build();
    try (Pipeline diffusion = Pipelines.open(model, options)) {
      moments.put("loaded", micros(Instant.now()));
      GenerationRequest request =
          GenerationRequest.prompt("a photograph of an astronaut riding a horse").negativePrompt("blurry")
              .steps(steps).sampler("euler").size(size.width(), size.height()).build();
      List<Long> done = new ArrayList<>();
      Generation made = diffusion.generate(request, (step, total, preview) -> {
        done.add(micros(Instant.now()));
        return true;
      }, new CancellationToken());
      moments.put("text_s", made.seconds().get("text"));
      moments.put("steps", done);
      moments.put("resident_peak_gb", rounded(Resident.peakBytes() * 1e-9));
    }
    System.out.println(new ObjectMapper().writeValueAsString(moments));
  }

  private Map<String, Object> start(String cache) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
        Langevin.class.getName(), "bench", "cold-start", "--measured",
        model.toString(), "--size", size.width() + "x" + size.height(), "--precision",
        precision.name().toLowerCase(Locale.ROOT),
        "--steps", String.valueOf(steps), "--weight-cache", cache));
    long start = micros(Instant.now());
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("the measured process ended with code " + process.exitValue() + ": " + output);
    }
    Map<String, Object> moments = new ObjectMapper().readValue(output, new TypeReference<Map<String, Object>>() {});
    List<Long> done = ((List<?>) moments.get("steps")).stream().map(each -> ((Number) each).longValue()).toList();
    double[] step = new double[done.size() - 1];
    for (int i = 0; i < step.length; i++) {
      step[i] = (done.get(i + 1) - done.get(i)) * 1e-6;
    }
    java.util.Arrays.sort(step);
    double median = step[step.length / 2];
    double first = (done.getFirst() - start) * 1e-6;
    long main = ((Number) moments.get("main")).longValue();
    long loaded = ((Number) moments.get("loaded")).longValue();
    double text = ((Number) moments.get("text_s")).doubleValue();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("first_step_s", rounded(first));
    fields.put("step_median_s", rounded(median));
    fields.put("beyond_a_step_s", rounded(first - median));
    fields.put("java_s", rounded((main - start) * 1e-6));
    fields.put("load_s", rounded((loaded - main) * 1e-6));
    fields.put("text_s", rounded(text));
    fields.put("network_s", rounded((done.getFirst() - loaded) * 1e-6 - text - median));
    fields.put("resident_peak_gb", moments.get("resident_peak_gb"));
    return fields;
  }

  private void print(String cache, Map<String, Object> fields) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("weight_cache", cache);
    all.put("precision", precision.name().toLowerCase(Locale.ROOT));
    all.put("picture", size.width() + "x" + size.height());
    all.putAll(fields);
    runs.add(all);
    Output.result("runs", runs);
    all.forEach((key, value) -> System.out.printf("%-18s %s%n", key, value));
    System.out.println();
  }

  private static long micros(Instant moment) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, moment);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
