package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stable Diffusion's architecture, tiny: all of it trained, updates of it trained, an autoencoder trained. */
class LatentTaskTest {

  private static final Path MODEL =
      Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1").toAbsolutePath().normalize();

  @TempDir
  Path folder;

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private Path config(String output, String task, String rest) throws IOException {
    Path file = folder.resolve(output + ".yaml");
    Files.writeString(file, """
        task: %s
        output: %s
        seed: 3
        data: {format: images, path: data, size: 16, channels: 3, flip: 0.5%s}
        objective: {%s}
        steps: {batch_size: 2, count: 3, learning_rate: 0.01, ema_decay: 0.9}
        %s
        """.formatted(task, output, task.equals("autoencoder") ? "" : ", variants: 2",
        task.equals("autoencoder") ? "" : "condition_dropout: 0.2", rest));
    return file;
  }

  private Path run(Path config) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      return run.model();
    }
  }

  private static String network(String name) throws IOException {
    return Files.readString(MODEL.resolve(name).resolve("config.json"));
  }

  @Test
  void shouldTrainAModelThatGeneratesFromAText() throws IOException {
    Path model = run(config("whole", "latents", """
        init: %s
        model:
          train_text_encoder: true
          vae_folder: %s
          tokenizer: %s
          scheduler: {num_train_timesteps: 1000, beta_schedule: scaled_linear, beta_start: 0.00085, beta_end: 0.012}
          text_encoder: %s
          unet: %s
        """.formatted(MODEL, MODEL, MODEL.resolve("tokenizer"), network("text_encoder").replace("\n", " "),
        network("unet").replace("\n", " "))));
    try (Pipeline diffusion = Pipelines.open(model, LoadOptions.builder().build())) {
      BufferedImage image =
          diffusion.generate(GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).build()).image(0);
      assertThat(image.getWidth()).isEqualTo(16);
    }
    assertThat(model.resolve("text_encoder/model.safetensors")).exists();
    assertThat(model.resolve("vae/config.json")).content().contains("scaling_factor");
  }

  @Test
  void shouldTrainUpdatesThatFindTheirPlace() throws IOException {
    Path model = run(config("lora", "lora", "init: " + MODEL + "\nmodel: {lora: {rank: 2}}"));
    Path file = model.resolve("pytorch_lora_weights.safetensors");
    List<String> warnings = new ArrayList<>();
    GenerationRequest request = GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).seed(1).build();
    BufferedImage plain;
    try (Pipeline diffusion = Pipelines.open(MODEL, LoadOptions.builder().build())) {
      plain = diffusion.generate(request).image(0);
    }
    try (
        Pipeline diffusion = Pipelines.open(MODEL, LoadOptions.builder().lora(file, 1).warnings(warnings::add).build());
        SafetensorsFile weights = SafetensorsFile.open(file)) {
      BufferedImage adapted = diffusion.generate(request).image(0);
      int different = 0;
      for (int p = 0; p < 256; p++) {
        different += adapted.getRGB(p % 16, p / 16) == plain.getRGB(p % 16, p / 16) ? 0 : 1;
      }
      assertThat(different).as("pixels that the updates changed").isPositive();
      assertThat(weights.names()).isNotEmpty().allMatch(name -> name.startsWith("unet.") && name.contains(".lora_"));
    }
    assertThat(warnings).isEmpty();
  }

  @Test
  void shouldTrainAnAutoencoder() throws IOException {
    Path model = run(config("vae", "autoencoder", "model:\n  vae: " + network("vae").replace("\n", " ")));
    assertThat(model.resolve("config.json")).exists();
    assertThat(model.resolve("diffusion_pytorch_model.safetensors")).exists();
  }

  @Test
  void shouldRefuseDataWithoutCaptions() throws IOException {
    Files.delete(folder.resolve("data/metadata.jsonl"));
    Path config = config("none", "lora", "init: " + MODEL + "\nmodel: {lora: {rank: 2}}");
    assertThatThrownBy(() -> run(config)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("no picture has a caption");
  }
}
