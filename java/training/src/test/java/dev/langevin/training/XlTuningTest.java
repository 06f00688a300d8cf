package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stable Diffusion XL, tiny, trained whole, and a word that it learns while it stays as it is. */
class XlTuningTest {

  private static final Path BASE =
      Path.of("../engine/src/test/resources/reference/pipelines_sdxl/_models/base").toAbsolutePath().normalize();
  private static final List<String> NETWORKS = List.of("unet", "text_encoder", "text_encoder_2");

  @TempDir
  Path folder;

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private Path config(String output, String task, Path base, String rate, String more) throws IOException {
    return Files.writeString(folder.resolve(output + ".yaml"), """
        task: %s
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 12, channels: 3, flip: 0.5, random_crop: true, fit: crop, variants: 2}
        steps: {batch_size: 2, count: 2, learning_rate: %s}
        %s
        """.formatted(task, output, base, rate, more));
  }

  /** @return the loss of the first step */
  private static double run(Path config, boolean resume, long until) {
    double[] first = {Double.NaN};
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), resume)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          first[0] = Double.isNaN(first[0]) ? log.recent("loss", 1) : first[0];
          if (step == until) {
            run.stop();
          }
        }
      });
    }
    return first[0];
  }

  private static float[] generated(Path model, Path embedding, String prompt) {
    List<String> warnings = new ArrayList<>();
    LoadOptions.Builder options = LoadOptions.builder().warnings(warnings::add);
    if (embedding != null) {
      options.embedding(embedding, "<toy>");
    }
    try (Pipeline xl = Pipelines.open(model, options.build())) {
      float[] made = xl.generate(GenerationRequest.prompt(prompt).size(16, 16).steps(2).guidance(3).seed(1).build())
          .pictures().toFloats();
      assertThat(warnings).isEmpty();
      return made;
    }
  }

  private static void assertSame(ModelFolder before, ModelFolder after, String network, DType dtype) {
    try (ModelWeights own = before.weights(network); ModelWeights written = after.weights(network)) {
      assertThat(written.names()).isEqualTo(own.names());
      for (String name : own.names()) {
        assertThat(written.tensor(name).encoding()).as(name).isEqualTo(dtype);
        assertThat(written.tensor(name).toFloats()).as(name).isEqualTo(own.tensor(name).toFloats());
      }
    }
  }

  /** Catches a component or a tensor that is lost, such as what no loss reaches, and another precision. */
  @Test
  void shouldLeaveAWholeFolderOfAHalfPrecisionBase() throws IOException {
    Path base = HalfPrecision.of(BASE, folder.resolve("half"), DType.BF16);
    run(config("tuned", "latents", base, "1e-12", "model: {train_text_encoder: true}"), false, 0);
    Path model = folder.resolve("tuned/model");
    for (String network : NETWORKS) {
      assertSame(new ModelFolder(base), new ModelFolder(model), network, DType.BF16);
      assertThat(new ModelFolder(model).config(network)).isEqualTo(new ModelFolder(base).config(network));
    }
    for (String file : List.of("model_index.json", "vae/config.json", "tokenizer/vocab.json",
        "tokenizer_2/tokenizer_config.json")) {
      assertThat(model.resolve(file)).hasSameTextualContentAs(base.resolve(file));
    }
    assertThat(generated(model, null, "noise 3")).isEqualTo(generated(base, null, "noise 3"));
  }

  /** Catches an encoder that is trained in memory alone, and one that is trained without being asked for. */
  @Test
  void shouldTrainBothTextEncodersWhenAsked() throws IOException {
    run(config("both", "latents", BASE, "0.01", "model: {train_text_encoder: true}"), false, 0);
    run(config("alone", "latents", BASE, "0.01", ""), false, 0);
    ModelFolder base = new ModelFolder(BASE);
    for (String network : NETWORKS) {
      try (ModelWeights own = base.weights(network);
          ModelWeights both = new ModelFolder(folder.resolve("both/model")).weights(network)) {
        for (String name : own.names()) {
          boolean read = !network.equals("text_encoder") || !name.matches(".*(layers\\.2|final_layer_norm)\\..*");
          assertThat(!java.util.Arrays.equals(both.tensor(name).toFloats(), own.tensor(name).toFloats()))
              .as(network + ": " + name).isEqualTo(read);
        }
      }
    }
    assertSame(base, new ModelFolder(folder.resolve("alone/model")), "text_encoder", DType.F32);
    assertSame(base, new ModelFolder(folder.resolve("alone/model")), "text_encoder_2", DType.F32);
    assertThat(generated(folder.resolve("both/model"), null, "noise 3"))
        .isNotEqualTo(generated(folder.resolve("alone/model"), null, "noise 3"));
  }

  /** Catches rows of one encoder in the other's place, and an encoder that does not learn. */
  @Test
  void shouldLearnAWordInBothTextEncoders() throws IOException {
    String word = "textual_inversion: {placeholder: <toy>, initializer: king, vectors: 2}";
    Path config = config("out", "textual_inversion", BASE, "0.01", word);
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.note()).isEqualTo("<toy> begins as 'king' and is 2 embeddings of 32 numbers and 24 numbers");
    }
    run(config, false, 1);
    run(config, true, 0);
    Path file = folder.resolve("out/model/learned_embeds.safetensors");
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      assertThat(weights.names()).containsExactlyInAnyOrder("clip_l", "clip_g");
      assertThat(weights.tensor("clip_l").shape()).isEqualTo(Shape.of(2, 32));
      assertThat(weights.tensor("clip_g").shape()).isEqualTo(Shape.of(2, 24));
      for (String name : weights.names()) {
        float[] rows = weights.tensor(name).toFloats();
        int width = rows.length / 2;
        assertThat(java.util.Arrays.copyOf(rows, width))
            .isNotEqualTo(java.util.Arrays.copyOfRange(rows, width, 2 * width));
      }
    }
    run(config("whole", "textual_inversion", BASE, "0.01", word), false, 0);
    assertThat(folder.resolve("whole/model/learned_embeds.safetensors")).hasSameBinaryContentAs(file);
    float[] plain = generated(BASE, null, "a king");
    assertThat(generated(BASE, file, "a king")).isEqualTo(plain);
    assertThat(generated(BASE, file, "a <toy>")).isNotEqualTo(plain);
  }

  /** Catches sizes and crops that are not told, a pooled text that is read elsewhere, and rows that begin otherwise. */
  @Test
  void shouldBeginAsTheInitializer() throws IOException {
    double learned = run(config("out", "textual_inversion", BASE, "1e-30",
        "textual_inversion: {placeholder: <toy>, initializer: king, templates: ['a {} day']}"), false, 0);
    Path file = folder.resolve("out/model/learned_embeds.safetensors");
    assertThat(generated(BASE, file, "a <toy> day")).isEqualTo(generated(BASE, null, "a king day"));
    Files.delete(folder.resolve("data/metadata.jsonl")); // its captions
    double plain = run(config("plain", "lora", BASE, "1e-30",
        "instance_prompt: a king day\nmodel: {lora: {rank: 2}}"), false, 1);
    assertThat(learned).isEqualTo(plain);
  }
}
