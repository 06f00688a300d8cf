package dev.langevin.cli;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.RequestPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code bench pipeline} for a folder of unCLIP. */
record BenchUnClip(Path model, int steps, int batch) {

  private static final List<String> STAGES = List.of("prior", "decoder", "super_resolution");

  /** Runs a request; a stage's first step includes the planning of its network. */
  Map<String, Object> run(Pipeline pipeline, double load) throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model.toString());
    fields.put("load_s", BenchPipeline.rounded(load));
    GenerationRequest request =
        GenerationRequest.prompt("a photograph of an astronaut riding a horse").count(batch).steps(steps).build();
    RequestPlan planned = pipeline.plan(request);
    double before = Resident.bytes();
    long start = System.nanoTime();
    List<List<Long>> times = new ArrayList<>(); // by stage: its beginning, and the end of each step
    Generation made = pipeline.generate(request, (done, calls, preview) -> {
      if (done == 1) {
        times.add(new ArrayList<>(List.of(times.isEmpty() ? start : times.getLast().getLast())));
      }
      times.getLast().add(System.nanoTime());
      return true;
    }, new CancellationToken());
    fields.put("picture", made.pictures().shape().toString());
    for (int stage = 0; stage < STAGES.size(); stage++) {
      add(fields, STAGES.get(stage), times.get(stage));
    }
    planned.networks()
        .forEach((name, size) -> fields.put("planned_" + name + "_gb", BenchPipeline.gigabytes(size.bytes())));
    double peak = before + planned.peakBytes();
    fields.put("resident_before_gb", BenchPipeline.gigabytes(before));
    fields.put("planned_peak_gb", BenchPipeline.gigabytes(peak));
    fields.put("resident_peak_gb", BenchPipeline.gigabytes(Resident.peakBytes()));
    fields.put("peak_of_planned", BenchPipeline.rounded(Resident.peakBytes() / peak));
    return fields;
  }

  private static void add(Map<String, Object> fields, String stage, List<Long> times) {
    double[] step = new double[times.size() - 2];
    for (int i = 0; i < step.length; i++) {
      step[i] = (times.get(i + 2) - times.get(i + 1)) * 1e-9;
    }
    Arrays.sort(step);
    fields.put(stage + "_s", BenchPipeline.rounded((times.getLast() - times.getFirst()) * 1e-9));
    fields.put(stage + "_step_median_s", BenchPipeline.rounded(step[step.length / 2]));
  }
}
