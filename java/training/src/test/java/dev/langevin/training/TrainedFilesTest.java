package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Trains updates in both notations, whole folders and words of tiny models, and leaves them with the pictures that they
 * make in a folder for {@code bench/peers/read_trained.py}, by which diffusers makes the same: docs/training.md.
 */
@Tag("conversions")
class TrainedFilesTest {

  private static final Path OUT = Path.of(System.getProperty("langevin.conversions", "target/conversions"));
  private static final Path MODELS = Path.of("../engine/src/test/resources/reference").toAbsolutePath().normalize();

  /** Linear layers, some of which share a matrix, and convolutions. */
  private static final String WIDE =
      ", targets: [to_q, to_k, to_v, to_out.0, proj_in, ff.net.0.proj, conv1, conv_shortcut]";

  private Path out;
  private Path base;

  private Path trained(String name, String task, String more, String file) throws IOException {
    Path config = Files.writeString(out.resolve(name + ".yaml"), """
        task: %s
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 16, channels: 3}
        steps: {batch_size: 2, count: 4, learning_rate: 0.01}
        %s
        """.formatted(task, name, base, more));
    Checkpoints.delete(out.resolve(name));
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      return run.model().resolve(file);
    }
  }

  private static Tensor made(Path model, LoadOptions options, String prompt) {
    try (Pipeline pipeline = Pipelines.open(model, options)) {
      return pipeline.generate(GenerationRequest.prompt(prompt).size(24, 16).steps(3).guidance(3).seed(1).build())
          .pictures();
    }
  }

  @ParameterizedTest
  @CsvSource({"sd1, pipelines_sd/_models/sd1", "xl, pipelines_sdxl/_models/base"})
  void shouldLeaveWhatDiffusersReads(String name, String model) throws IOException {
    out = OUT.resolve("trained").resolve(name);
    base = MODELS.resolve(model);
    CaptionedPictures.write(out.resolve("data"));
    String prompt = "picture number 3";
    Map<String, Tensor> pictures = new TreeMap<>();
    pictures.put("plain", made(base, LoadOptions.builder().build(), prompt));
    Map<String, String> loras = new LinkedHashMap<>();
    loras.put("lora-diffusers", "diffusers");
    loras.put("lora-kohya", "kohya");
    loras.put("lora-diffusers-wide", "diffusers" + WIDE);
    loras.put("lora-kohya-wide", "kohya" + WIDE);
    for (Map.Entry<String, String> lora : loras.entrySet()) {
      Path file = trained(lora.getKey(), "lora",
          "model: {train_text_encoder: true, lora: {rank: 2, alpha: 6, format: " + lora.getValue() + "}}",
          "pytorch_lora_weights.safetensors");
      pictures.put(lora.getKey(), made(base, LoadOptions.builder().lora(file, 1).build(), prompt));
    }
    Path tuned = trained("tuned", "latents", "model: {train_text_encoder: true}", "");
    pictures.put("tuned", made(tuned, LoadOptions.builder().build(), prompt));
    Path word = trained("word", "textual_inversion",
        "textual_inversion: {placeholder: <toy>, initializer: king, vectors: 2}", "learned_embeds.safetensors");
    pictures.put("word", made(base, LoadOptions.builder().embedding(word, "<toy>").build(), "a <toy> by day"));
    pictures.forEach((what, picture) -> {
      if (!what.equals("plain")) {
        assertThat(picture.toFloats()).as(what).isNotEqualTo(pictures.get("plain").toFloats());
      }
    });
    Map<String, Shape> shapes = new TreeMap<>();
    pictures.forEach((what, picture) -> shapes.put(what, picture.shape()));
    SafetensorsWriter.write(out.resolve("pictures.safetensors"), shapes, DType.F32, Map.of("model", base.toString()),
        (what, shape, first, chunk, count) -> System.arraycopy(pictures.get(what).toFloats(), (int) first, chunk, 0,
            count));
  }
}
