package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.TokenizerFiles;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A word that a model learns while it stays as it is. */
class TextualInversionTest {

  private static final Path MODEL =
      Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1").toAbsolutePath().normalize();
  private static final String FILE = "model/learned_embeds.safetensors";

  @TempDir
  Path folder;

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private Path config(String output, String word, String rate, String... rest) throws IOException {
    return Files.writeString(folder.resolve(output + ".yaml"), """
        task: textual_inversion
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 16, channels: 3, flip: 0.5, variants: 2}
        textual_inversion: {placeholder: <toy>, initializer: king, %s}
        steps: {batch_size: 2, count: 4, learning_rate: %s, checkpoint_every: 2}
        %s
        """.formatted(output, MODEL, word, rate, String.join("\n", rest)));
  }

  private double run(Path config, boolean resume, long until) {
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

        @Override
        public void samples(long step, List<BufferedImage> pictures) {
          assertThat(pictures).hasSize(1);
        }

        @Override
        public void warning(String text) {
          throw new AssertionError(text);
        }
      });
    }
    return first[0];
  }

  private static float[] generated(Path embedding, String prompt) {
    LoadOptions.Builder options = LoadOptions.builder();
    if (embedding != null) {
      options.embedding(embedding, null);
    }
    try (Pipeline model = Pipelines.open(MODEL, options.build())) {
      return model.generate(GenerationRequest.prompt(prompt).size(16, 16).steps(2).guidance(3).seed(1).build())
          .pictures().toFloats();
    }
  }

  private static float[] initializer() {
    try (ModelWeights text = new ModelFolder(MODEL).weights("text_encoder")) {
      Tensor table = text.tensor("text_model.embeddings.token_embedding.weight");
      int width = table.shape().intDim(1);
      int king = TokenizerFiles.clip(MODEL.resolve("tokenizer")).encode("king").get(1);
      return Arrays.copyOfRange(table.toFloats(), king * width, (king + 1) * width);
    }
  }

  /** Catches other weights that are trained or saved, rows that learn nothing, and a name that prompts do not find. */
  @Test
  void shouldLearnTheNewRowsAlone() throws IOException {
    run(config("out", "vectors: 2, property: style", "0.01", "samples: {every: 2, count: 1, steps: 1}"), false, 0);
    Path file = folder.resolve("out").resolve(FILE);
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      assertThat(weights.names()).containsExactly("<toy>");
      Tensor rows = weights.tensor("<toy>");
      assertThat(rows.shape()).isEqualTo(Shape.of(2, 32));
      float[] begun = initializer();
      float[] ended = rows.toFloats();
      for (int row = 0; row < 2; row++) {
        assertThat(Arrays.copyOfRange(ended, 32 * row, 32 * row + 32)).isNotEqualTo(begun);
      }
      assertThat(Arrays.copyOfRange(ended, 0, 32)).isNotEqualTo(Arrays.copyOfRange(ended, 32, 64));
    }
    assertThat(generated(file, "a king")).isEqualTo(generated(null, "a king"));
    assertThat(generated(file, "a <toy>")).isNotEqualTo(generated(null, "a <toy>"))
        .isNotEqualTo(generated(null, "a king king"));
  }

  /** Catches sums of two tables that are not one of both, bit for bit, and sentences that are not those asked for. */
  @Test
  void shouldBeginAsTheInitializer() throws IOException {
    double learned = run(config("out", "templates: ['a photo of {}, {}']", "1e-30"), false, 0);
    Path file = folder.resolve("out").resolve(FILE);
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      assertThat(weights.tensor("<toy>").toFloats()).isEqualTo(initializer());
    }
    assertThat(generated(file, "a <toy> day")).isEqualTo(generated(null, "a king day"));
    StringBuilder table = new StringBuilder("file_name,text\n");
    for (int i = 0; i < 6; i++) {
      table.append(i).append(".png,\"a photo of king, king\"\n");
    }
    Files.delete(folder.resolve("data/metadata.jsonl"));
    Files.writeString(folder.resolve("data/metadata.csv"), table);
    Path plain = config("plain", "", "1e-30");
    Files.writeString(plain, Files.readString(plain).replace("task: textual_inversion", "task: lora")
        .replaceFirst("textual_inversion: .*", "model: {lora: {rank: 2}}"));
    assertThat(run(plain, false, 1)).isEqualTo(learned);
  }

  @Test
  void shouldEndInTheSameRowsAfterAnInterruption() throws IOException {
    run(config("whole", "vectors: 3", "0.01"), false, 0);
    Path parts = config("parts", "vectors: 3", "0.01");
    run(parts, false, 3);
    assertThatThrownBy(() -> run(config("parts", "vectors: 3, property: style", "0.01"), true, 0))
        .hasMessageContaining("textual_inversion.property was object, is style");
    run(config("parts", "vectors: 3", "0.01"), true, 0);
    assertThat(folder.resolve("parts").resolve(FILE)).hasSameBinaryContentAs(folder.resolve("whole").resolve(FILE));
  }

  @Test
  void shouldUseCaptionsThatHoldTheWord() throws IOException {
    Files.writeString(folder.resolve("data/metadata.jsonl"),
        Files.readString(folder.resolve("data/metadata.jsonl")).replace("picture number 3", "one <toy> by day"));
    try (TrainingRun run =
        new TrainingRun(TrainingConfig.read(config("out", "", "0.01")), Backend.named("onednn"), false)) {
      assertThat(run.note()).isEqualTo("<toy> begins as 'king' and is one embedding of 32 numbers");
    }
    TextualInversionTask task =
        new TextualInversionTask(TrainingConfig.read(config("out", "", "0.01")), Backend.named("onednn"));
    assertThat(task.dataset().annotation(3).captions()).containsExactly("one <toy> by day");
    assertThat(task.dataset().annotation(2).captions()).hasSizeGreaterThan(10).allMatch(text -> text.contains("<toy>"));
    task.close();
  }

  private void assertRefused(String word, String message) throws IOException {
    Path config = config("no", word, "0.01");
    assertThatThrownBy(() -> run(config, false, 0)).isInstanceOf(TrainingException.class)
        .hasMessageContaining(message);
  }

  @Test
  void shouldRefuseWhatTeachesNothing() throws IOException {
    assertRefused("templates: [a photo]", "'a photo' has no {}");
    assertRefused("templates: ['" + "day ".repeat(80) + "{}']", "a part of these is cut; shorten it");
    assertRefused("vectors: 0", "textual_inversion.vectors is 0, must be a whole number from 1 to 70");
    Path config = config("no", "", "0.01");
    Files.writeString(config, Files.readString(config).replace("initializer: king", "initializer: a king"));
    assertThatThrownBy(() -> run(config, false, 0)).hasMessageContaining("'a king', which is 2 tokens");
    Files.writeString(config, Files.readString(config).replace("initializer: a king", "initializer: king")
        .replace("<toy>", "king"));
    assertThatThrownBy(() -> run(config, false, 0)).hasMessageContaining("take one that it does not, such as <king>");
    Files.writeString(config, Files.readString(config).replaceFirst("textual_inversion: .*", ""));
    assertThatThrownBy(() -> run(config, false, 0)).hasMessageContaining("textual_inversion.placeholder is missing");
  }
}
