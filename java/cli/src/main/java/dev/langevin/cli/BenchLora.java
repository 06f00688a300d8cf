package dev.langevin.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.training.TrainingConfig;
import dev.langevin.training.TrainingLog;
import dev.langevin.training.TrainingRun;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Times a step of a run that trains low-rank updates, as {@code langevin train} makes it: a picture's latents drawn,
 * the text encoded, forward, backward, gradients clipped, AdamW. Pictures are random: time does not depend on them.
 */
@Command(name = "lora", header = "Times a step of training low-rank updates.",
    footer = {"langevin bench lora sd15 --size 256 --rank 16"}, mixinStandardHelpOptions = true,
    description = "Times a step of training low-rank updates of a Stable Diffusion's attention, such as that of bench"
        + " write-model, and tells the most memory that was resident.")
final class BenchLora implements Callable<Integer> {

  /** Steps that are not counted, as in the script for peers. */
  private static final int FIRST = 2;

  @Parameters(paramLabel = "MODEL", description = "A folder of Stable Diffusion 1 or 2.")
  private Path model;

  @Option(names = "--size", paramLabel = "N", defaultValue = "256",
      description = "Side of the pictures (${DEFAULT-VALUE}).")
  private int size;

  @Option(names = "--rank", paramLabel = "N", defaultValue = "16",
      description = "Of the updates (${DEFAULT-VALUE}).")
  private int rank;

  @Option(names = {"--count", "--batch"}, paramLabel = "N", defaultValue = "1",
      description = "Pictures a step (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--repeat", paramLabel = "N", defaultValue = "3",
      description = "Steps that are timed (${DEFAULT-VALUE}).")
  private int repeat;

  @Option(names = {"--max-memory", "--memory"}, paramLabel = "BYTES",
      description = "Of activations at most, such as 4g: what does not fit is computed twice (no limit).")
  private ByteCount memory;

  @Override
  public Integer call() throws Exception {
    if (batch < 1 || repeat < 1 || rank < 1 || size < 1) {
      throw new IllegalArgumentException("--count is " + batch + ", --repeat " + repeat + ", --rank " + rank
          + ", --size " + size + "; each must be at least 1");
    }
    if (!Files.isDirectory(model)) {
      throw new IllegalArgumentException(
          model + ": there is no such folder; langevin bench write-model sd15 --out " + model + " makes one");
    }
    Path folder = Files.createTempDirectory("langevin-lora");
    long start = System.nanoTime();
    try (Backend backend = Backend.open("onednn", BackendOptions.usual());
        TrainingRun run = new TrainingRun(TrainingConfig.read(settings(folder)), backend, false)) {
      double planned = (System.nanoTime() - start) * 1e-9;
      double[] seconds = new double[FIRST + repeat];
      run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          seconds[(int) step - 1] = log.recent("seconds", 1);
        }
      });
      report(backend, run, planned, seconds);
    } finally {
      delete(folder);
    }
    return 0;
  }

  private Path settings(Path folder) throws IOException {
    Path data = Files.createDirectory(folder.resolve("data"));
    Random random = new Random(1);
    StringBuilder captions = new StringBuilder();
    for (int n = 0; n < batch; n++) {
      BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < size * size; i++) {
        picture.setRGB(i % size, i / size, random.nextInt(1 << 24));
      }
      ImageIO.write(picture, "png", data.resolve(n + ".png").toFile());
      captions.append("{\"file_name\": \"").append(n).append(".png\", \"text\": \"a picture of noise\"}\n");
    }
    Files.writeString(data.resolve("metadata.jsonl"), captions);
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("task", "lora");
    settings.put("output", "out");
    settings.put("seed", 1);
    settings.put("init", model.toAbsolutePath().toString());
    settings.put("data", Map.of("format", "images", "path", "data", "size", size, "channels", 3));
    settings.put("model", Map.of("lora", Map.of("rank", rank)));
    settings.put("steps", Map.of("batch_size", batch, "count", FIRST + repeat, "learning_rate", 1e-4, "weight_decay",
        0.01, "clip_grad_norm", 1));
    if (memory != null) {
      settings.put("memory", memory.bytes());
    }
    return Files.writeString(folder.resolve("lora.yaml"), new ObjectMapper().writeValueAsString(settings)); // is YAML
  }

  private void report(Backend backend, TrainingRun run, double planned, double[] seconds) throws Exception {
    double[] counted = Arrays.copyOfRange(seconds, FIRST, seconds.length);
    Arrays.sort(counted);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("work", "lora");
    fields.put("peer", "langevin, " + backend.description());
    fields.put("dtype", "f32");
    fields.put("size", size);
    fields.put("rank", rank);
    fields.put("batch", batch);
    fields.put("threads", backend.threads());
    fields.put("layers", run.note());
    fields.put("plan_s", BenchModel.rounded(planned));
    fields.put("first_s", BenchModel.rounded(seconds[0]));
    fields.put("min_s", counted[0]);
    fields.put("median_s", counted[counted.length / 2]);
    fields.put("max_s", counted[counted.length - 1]);
    fields.put("planned_gb", BenchModel.rounded(run.learner().bytes() * 0x1p-30));
    fields.put("peak_rss_gb", BenchModel.rounded(Resident.peakBytes() * 0x1p-30));
    Output.fields(fields, 12);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
