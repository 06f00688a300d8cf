package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.backend.Backend;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.weights.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Updates of Stable Diffusion XL, tiny: what it is told, both text encoders, both notations, resumption. */
class XlLoraTest {

  private static final Path BASE =
      Path.of("../engine/src/test/resources/reference/pipelines_sdxl/_models/base").toAbsolutePath().normalize();
  private static final String FILE = "pytorch_lora_weights.safetensors";
  private static final Backend BACKEND = Backend.named("onednn");

  @TempDir
  Path folder;

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private Path config(String output, String model, String steps) throws IOException {
    return Files.writeString(folder.resolve(output + ".yaml"), """
        task: lora
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 12, channels: 3, flip: 0.5, random_crop: true, fit: crop, variants: 2}
        model: {%s}
        objective: {condition_dropout: 0.2}
        steps: {batch_size: 2, count: 3, learning_rate: 0.01%s}
        """.formatted(output, BASE, model, steps));
  }

  private static Path run(Path config, boolean resume) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, resume)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      return run.model().resolve(FILE);
    }
  }

  private static float[] generated(Path lora) {
    List<String> warnings = new ArrayList<>();
    LoadOptions.Builder options = LoadOptions.builder().warnings(warnings::add);
    if (lora != null) {
      options.lora(lora, 1);
    }
    try (Pipeline diffusion = Pipelines.open(BASE, options.build())) {
      float[] made = diffusion
          .generate(GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).guidance(3).seed(1).build())
          .pictures().toFloats();
      assertThat(warnings).isEmpty();
      return made;
    }
  }

  private static Set<String> names(Path file) {
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      return Set.copyOf(weights.names());
    }
  }

  /** Catches a text encoder that is not saved or read, and names that one of the notations does not have. */
  @Test
  void shouldSaveTheSameUpdatesInBothNotations() throws IOException {
    String model = "train_text_encoder: true, lora: {rank: 2, alpha: 6, format: %s}";
    Path config = config("diffusers", model.formatted("diffusers"), "");
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, false)) {
      // of the first encoder's 3 layers 2 are read, of the second's all 4, as they are pooled
      assertThat(run.note()).contains("layers get updates of rank 2").endsWith("; and 24 of the text encoders");
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
    }
    Path first = folder.resolve("diffusers/model").resolve(FILE);
    Path second = run(config("kohya", model.formatted("kohya"), ""), false);
    assertThat(names(first)).contains("unet.down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k.lora_B.weight",
        "text_encoder.text_model.encoder.layers.1.self_attn.q_proj.lora_A.weight",
        "text_encoder_2.text_model.encoder.layers.3.self_attn.out_proj.lora_B.weight");
    assertThat(names(second)).contains("lora_unet_input_blocks_3_1_transformer_blocks_1_attn2_to_k.lora_up.weight",
        "lora_te1_text_model_encoder_layers_1_self_attn_q_proj.alpha",
        "lora_te2_text_model_encoder_layers_3_self_attn_out_proj.lora_down.weight")
        .hasSize(names(first).size() / 2 * 3);
    try (SafetensorsFile weights = SafetensorsFile.open(second)) {
      assertThat(weights.metadata()).containsEntry("ss_network_alpha", "6.0").containsEntry("ss_network_dim", "2")
          .containsEntry("ss_base_model_version", "sdxl_base_v1-0");
    }
    float[] pictures = generated(first);
    assertThat(pictures).isNotEqualTo(generated(null));
    assertThat(generated(second)).containsExactly(pictures, within(1e-4f));
  }

  @Test
  void shouldEndInTheSameWeightsAfterAResumption() throws IOException {
    String model = "train_text_encoder: true, lora: {rank: 2, dropout: 0.1}";
    Path whole = run(config("whole", model, ""), false);
    Path config = config("broken", model, ", checkpoint_every: 1");
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, false)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void checkpoint(long step, TrainingLog log) {
          run.stop();
        }
      });
      assertThat(run.step()).isEqualTo(1);
    }
    assertThat(run(config, true)).hasSameBinaryContentAs(whole);
  }

  /** Catches crops and sizes that are told of another picture, or not at all. */
  @Test
  void shouldTellEachPicturesSizeAndCrop() throws IOException {
    Path config = config("told", "lora: {rank: 2}", "");
    TrainingConfig settings = TrainingConfig.read(config);
    LatentTask task = LatentTask.lora(settings, BACKEND, note -> {});
    try (Learner learner = new Learner(BACKEND, task.loss(), task::trained, task.initial(),
        new Learner.Settings(false, false, Long.MAX_VALUE)); Task.Feed feed = task.feed(0)) {
      Set<List<Float>> crops = new java.util.HashSet<>();
      for (int step = 0; step < 8; step++) {
        task.write(feed.next(), new StepRandom(3, step), learner);
        float[] ids = learner.in("time_ids").toFloats();
        for (int n = 0; n < ids.length; n += 6) {
          assertThat(new float[] {ids[n], ids[n + 1], ids[n + 4], ids[n + 5]}).containsExactly(16, 16, 12, 12);
          assertThat(ids[n + 2]).isBetween(0f, 4f);
          assertThat(ids[n + 3]).isBetween(0f, 4f);
          crops.add(List.of(ids[n + 2], ids[n + 3]));
        }
      }
      assertThat(crops).hasSizeGreaterThan(4);
    }
  }

  /** Catches pictures of the class that are told the sizes of the thing's, or none. */
  @Test
  void shouldTellTheClassesSizesBesideTheOwn() throws IOException {
    Path config = config("prior", "lora: {rank: 2}", "");
    Files.writeString(config, Files.readString(config)
        + "prior_preservation: {prompt: a king, path: class, count: 2, steps: 1, guidance: 1}\n");
    Images.writePng(new BufferedImage(20, 14, BufferedImage.TYPE_INT_RGB),
        Files.createDirectories(folder.resolve("class")).resolve("own.png"));
    LatentTask task = LatentTask.lora(TrainingConfig.read(config), BACKEND, note -> {});
    assertThat(folder.resolve("class/class-000000.png")).exists(); // made by the base
    try (Learner learner = new Learner(BACKEND, task.loss(), task::trained, task.initial(),
        new Learner.Settings(false, false, Long.MAX_VALUE)); Task.Feed feed = task.feed(0)) {
      task.write(feed.next(), new StepRandom(3, 0), learner);
      float[] ids = learner.in("time_ids").toFloats();
      assertThat(ids).hasSize(4 * 6);
      Set<List<Float>> sizes = new java.util.HashSet<>();
      for (int n = 0; n < 4; n++) {
        assertThat(new float[] {ids[6 * n + 4], ids[6 * n + 5]}).containsExactly(12, 12);
        sizes.add(List.of(n < 2 ? 0f : 1f, ids[6 * n], ids[6 * n + 1]));
      }
      assertThat(sizes).containsExactlyInAnyOrder(List.of(0f, 16f, 16f), List.of(1f, 14f, 20f),
          List.of(1f, 12f, 12f));
    }
    assertThat(names(run(config, false))).isNotEmpty();
  }

  @Test
  void shouldRefuseARefiner() throws IOException {
    Path base = folder.resolve("refiner");
    for (String name : List.of("unet", "vae", "text_encoder_2")) {
      Files.createDirectories(base.resolve(name));
    }
    Path config = config("none", "lora: {rank: 2}", "");
    Files.writeString(config, Files.readString(config).replace("init: " + BASE, "init: " + base));
    assertThatThrownBy(() -> run(config, false)).isInstanceOf(TrainingException.class).hasMessage(
        "a run of task lora takes Stable Diffusion 1, 2 and XL; " + base + " is a refiner of Stable Diffusion XL,"
            + " without text_encoder");
  }
}
