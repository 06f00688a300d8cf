package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.evaluation.Retrieval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** unCLIP's architecture, tiny, all of its parts trained one after another. */
class UnClipTrainingTest {

  private static final Path MODELS =
      Path.of("../engine/src/test/resources/reference/pipelines_unclip/_models").toAbsolutePath().normalize();
  private static final Path VARIATIONS = MODELS.resolve("karlo_variation");
  private static final Path KARLO = MODELS.resolve("karlo");

  private static final String SCHEDULER =
      "{_class_name: UnCLIPScheduler, beta_schedule: squaredcos_cap_v2, prediction_type: %s, variance_type: %s,"
          + " clip_sample_range: %s}";

  @TempDir
  Path folder;

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private static String network(Path model, String name) throws IOException {
    return Files.readString(model.resolve(name).resolve("config.json")).replace("\n", " ")
        .replaceAll("\"(sample|image)_size\": *\\d+", "\"$1_size\": SIDE")
        .replaceAll("\"patch_size\": *\\d+", "\"patch_size\": 8");
  }

  private Path config(String task, String output, int count, String objective, String model) throws IOException {
    Path file = folder.resolve(output + ".yaml");
    Files.writeString(file,
        """
            task: %s
            output: %s
            seed: 3
            data: {format: images, path: data, size: 16, channels: 3, flip: 0.5%s}
            objective: {%s}
            steps: {batch_size: 6, count: %d, learning_rate: 0.003, ema_decay: 0.9}
            model: {%s}
            """.formatted(task, output, task.equals("prior") || task.equals("decoder") ? ", variants: 2" : "",
            objective, count,
            model));
    return file;
  }

  private static Path run(Path config, double fall) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      float[] loss = run.log().curve("loss");
      assertThat(mean(loss, loss.length - 10)).as("loss of the last ten steps of " + config)
          .isLessThan(fall * mean(loss, 0));
      return run.model();
    }
  }

  private static double mean(float[] values, int from) {
    double sum = 0;
    for (int i = from; i < from + 10; i++) {
      sum += values[i] / 10;
    }
    return sum;
  }

  private Path clip() throws IOException {
    return run(config("clip", "clip", 150, "",
        "tokenizer: " + VARIATIONS.resolve("tokenizer") + ", text_encoder: " + network(VARIATIONS, "text_encoder")
            + ", image_encoder: " + network(VARIATIONS, "image_encoder").replace("SIDE", "16")),
        0.7);
  }

  /**
   * Catches parts that do not fit each other, names that unCLIP's pipeline cannot read, and losses that do not fall.
   */
  @Test
  void shouldTrainAModelThatGeneratesFromATextAndVariesPictures() throws IOException {
    Path clip = clip();
    Path prior = run(
        config("prior", "prior", 150, "condition_dropout: 0.1", "parts: " + clip + ", prior: " + network(KARLO, "prior")
            + ", scheduler: " + SCHEDULER.formatted("sample", "fixed_small_log", "5.0")),
        0.9);
    Path decoder =
        run(config("decoder", "decoder", 60, "condition_dropout: 0.2, text_dropout: 0.5, variance_factor: 0.001",
            "parts: " + prior + ", text_proj: " + network(KARLO, "text_proj") + ", unet: "
                + network(KARLO, "decoder").replace("SIDE", "8")
                + ", scheduler: " + SCHEDULER.formatted("epsilon", "learned_range", "1.0")),
            0.95);
    String enlarging =
        ", small_size: 8, unet: " + network(KARLO, "super_res_first").replace("SIDE", "16") + ", scheduler: "
            + SCHEDULER.formatted("epsilon", "fixed_small_log", "1.0");
    Path first = run(config("super_resolution", "first", 60, "corruption: 0.1", "parts: " + decoder + enlarging), 0.9);
    Path whole =
        run(config("super_resolution", "last", 20, "corruption: 0.1", "last: true, parts: " + first + enlarging), 1.1);
    try (Pipeline model = Pipelines.open(whole)) {
      GenerationRequest request =
          GenerationRequest.prompt("picture number 3").steps(2).enlargingSteps(2).guidance(4).seed(1).build();
      Tensor made = model.generate(request).pictures();
      assertThat(made.shape().dims()).containsExactly(1, 3, 16, 16);
      Embeddings embeddings = model.ability(Embeddings.class).orElseThrow();
      Tensor embedding = embeddings.ofPicture(Tensor.ofFloats(new float[3 * 16 * 16], 3, 16, 16));
      assertThat(model.generate(request.toBuilder().imageEmbeddings(embedding).build()).pictures().toFloats())
          .isNotEqualTo(made.toFloats());
    }
    shouldTellWhatEachStageKeeps(whole);
  }

  /**
   * Catches classes that are mixed up, pictures that are not prepared as the encoder learnt them, and stages that judge
   * what another gives.
   */
  private void shouldTellWhatEachStageKeeps(Path model) throws IOException {
    Path classifier = run(config("classifier", "classifier", 60, "", "classifier: {channels: [16, 16]}"), 0.9);
    Evaluation.Settings six = new Evaluation.Settings(6, 10, 2, null, 4.0, 1, true);
    try (Backend backend = Backend.named("onednn");
        FeatureExtractor features = new FeatureExtractor(classifier.getParent(), backend)) {
      Evaluation evaluation = new Evaluation(features, features.data().plain(null), backend);
      List<Integer> progress = new ArrayList<>();
      SequencedMap<String, Retrieval> stages = evaluation.ofStages(model, six, progress::add);
      assertThat(stages.keySet()).containsExactly("the caption itself", "the real picture", "the prior's embedding",
          "the decoder's picture of the real picture's embedding", "the decoder's picture of the prior's embedding");
      assertThat(stages.values()).allMatch(found -> found.byMean().samples() == 6);
      assertThat(stages.get("the caption itself").byMean().accuracy()).isGreaterThan(0.8);
      assertThat(stages.get("the caption itself").byCaption().accuracy()).isEqualTo(1);
      assertThat(stages.get("the real picture").byMean().accuracy()).isGreaterThan(0.8);
      assertThat(stages.get("the real picture").byCaption().accuracy()).isGreaterThan(0.8);
      assertThat(progress).containsExactly(6, 12);
      assertThat(evaluation.ofCaptions(model, six, made -> {}).settings()).containsEntry(
          "share whose class its CLIP retrieves",
          String.valueOf(stages.get("the decoder's picture of the prior's embedding").byMean().accuracy()))
          .containsKey("own picture is among the 5 nearest");
      assertThatThrownBy(() -> evaluation.ofStages(VARIATIONS, six, made -> {})).isInstanceOf(TrainingException.class)
          .hasMessageContaining("is no unCLIP with a prior");
    }
  }

  @Test
  void shouldSayWhichWidthsDoNotFit() throws IOException {
    Path clip = clip();
    Path config = config("prior", "narrow", 1, "",
        "parts: " + clip + ", prior: "
            + network(KARLO, "prior").replaceAll("\"embedding_dim\": *\\d+", "\"embedding_dim\": 8")
            + ", scheduler: " + SCHEDULER.formatted("sample", "fixed_small_log", "5.0"));
    assertThatThrownBy(() -> run(config, 1)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("embeddings of 8").hasMessageContaining("embedding_dim");
  }

  @Test
  void shouldRefuseADecoderWithoutSamplesForGuidance() throws IOException {
    Path config = config("decoder", "unguided", 1, "variance_factor: 0.001",
        "parts: " + KARLO + ", text_proj: " + network(KARLO, "text_proj")
            + ", unet: " + network(KARLO, "decoder").replace("SIDE", "8") + ", scheduler: "
            + SCHEDULER.formatted("epsilon", "learned_range", "1.0"));
    assertThatThrownBy(() -> run(config, 1)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("condition_dropout leaves 0 of 6");
  }
}
