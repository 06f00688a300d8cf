package dev.langevin.cli;

import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.pipeline.UnClip;
import dev.langevin.pipeline.UnClipRequest;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code bench pipeline} for a folder of unCLIP. */
record BenchUnClip(Path model, int steps, int batch, ByteCount maxMemory) {

  private static final List<String> STAGES = List.of("prior", "decoder", "super_resolution");

  /** Runs a request; a stage's first step includes the planning of its network. */
  Map<String, Object> run() throws IOException {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model.toString());
    long start = System.nanoTime();
    try (UnClip unClip = UnClipOptions.load(model, "onednn", maxMemory)) {
      fields.put("load_s", BenchPipeline.rounded((System.nanoTime() - start) * 1e-9));
      UnClipRequest request = new UnClipRequest(List.of("a photograph of an astronaut riding a horse"), batch, steps, steps, 7, 4, 8);
      Map<String, Long> planned = new LinkedHashMap<>();
      unClip.sizes(request).forEach((name, size) -> planned.put(name, size.bytes()));
      double before = Resident.bytes();
      List<List<Long>> times = new ArrayList<>(); // by stage: its beginning, and the end of each step
      ReverseProcess.StepListener listener = (done, calls, preview) -> {
        if (done == 1) {
          times.add(new ArrayList<>(List.of(times.isEmpty() ? start : times.getLast().getLast())));
        }
        times.getLast().add(System.nanoTime());
        return true;
      };
      Tensor made = unClip.generate(request, new TorchGenerator(0), listener);
      fields.put("picture", made.shape().toString());
      for (int stage = 0; stage < STAGES.size(); stage++) {
        add(fields, STAGES.get(stage), times.get(stage));
      }
      planned.forEach((name, bytes) -> fields.put("planned_" + name + "_gb", BenchPipeline.gigabytes(bytes)));
      double peak = before + UnClip.BESIDE_BYTES + planned.values().stream().mapToLong(Long::longValue).max().orElseThrow();
      fields.put("resident_before_gb", BenchPipeline.gigabytes(before));
      fields.put("planned_peak_gb", BenchPipeline.gigabytes(peak));
      fields.put("resident_peak_gb", BenchPipeline.gigabytes(Resident.peakBytes()));
      fields.put("peak_of_planned", BenchPipeline.rounded(Resident.peakBytes() / peak));
    }
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
