package dev.langevin.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Every kind of run, tiny, on six captioned pictures: its settings by the name of its task. */
final class KindsOfRun {

  private static final Path REFERENCE =
      Path.of("../engine/src/test/resources/reference").toAbsolutePath().normalize();
  static final Path SD = REFERENCE.resolve("pipelines_sd/_models/sd1");
  private static final Path KARLO = REFERENCE.resolve("pipelines_unclip/_models/karlo");
  private static final Path VARIATIONS = REFERENCE.resolve("pipelines_unclip/_models/karlo_variation");

  private KindsOfRun() {}

  /**
   * Writes pictures, once, and settings.
   *
   * @param base what fine-tuning and LoRA start from
   */
  static Path write(Path folder, String task, String output, int count, Path base) throws IOException {
    if (!Files.exists(folder.resolve("data"))) {
      CaptionedPictures.write(folder.resolve("data"));
    }
    return Files.writeString(folder.resolve(output + ".yaml"),
        """
            task: %s
            output: %s
            seed: 3
            data: {format: images, path: data, size: %d, resize: %<d, channels: 3, flip: 0.5%s}
            objective: {%s}
            steps: {batch_size: 6, count: %d, learning_rate: 0.001, warmup: 3, ema_decay: 0.9, checkpoint_every: 5}
            %s
            """.formatted(task, output, task.matches("prior|decoder") ? 32 : 16,
            task.matches("latents|lora|prior|decoder") ? ", variants: 2" : "",
            objective(task), count, model(task, base)));
  }

  private static String objective(String task) {
    return switch (task) {
      case "pixels", "latents", "lora" -> "snr_gamma: 5, condition_dropout: 0.1, offset_noise: 0.05";
      case "prior" -> "condition_dropout: 0.1";
      case "decoder" -> "condition_dropout: 0.2, text_dropout: 0.5, variance_factor: 0.001";
      case "super_resolution" -> "corruption: 0.1";
      default -> "";
    };
  }

  private static String model(String task, Path base) throws IOException {
    return switch (task) {
      case "pixels" -> """
          model:
            unet: {sample_size: 16, in_channels: 3, out_channels: 3, block_out_channels: [8, 8], layers_per_block: 1,
              norm_num_groups: 4, attention_head_dim: 4, down_block_types: [DownBlock2D, AttnDownBlock2D],
              up_block_types: [AttnUpBlock2D, UpBlock2D], num_class_embeds: 3}
            scheduler: {num_train_timesteps: 1000, beta_schedule: squaredcos_cap_v2, prediction_type: v_prediction}
          """;
      case "latents" -> "init: " + base + "\nmodel: {train_text_encoder: true}";
      case "lora" -> "init: " + base + "\nmodel: {lora: {rank: 2}}";
      case "autoencoder" -> "model: {vae: " + network(SD, "vae") + "}";
      case "clip" -> "model: {tokenizer: " + VARIATIONS.resolve("tokenizer") + ", text_encoder: "
          + network(VARIATIONS, "text_encoder") + ", image_encoder: "
          + network(VARIATIONS, "image_encoder").replace("SIDE", "16") + "}";
      case "prior" -> "model: {parts: " + VARIATIONS + ", prior: " + network(KARLO, "prior")
          + ", scheduler: " + scheduler("sample", "fixed_small_log", "5.0") + "}";
      case "decoder" -> "model: {parts: " + VARIATIONS + ", text_proj: " + network(KARLO, "text_proj") + ", unet: "
          + network(KARLO, "decoder").replace("SIDE", "8") + ", scheduler: "
          + scheduler("epsilon", "learned_range", "1.0") + "}";
      case "super_resolution" -> "model: {parts: " + KARLO + ", small_size: 8, unet: "
          + network(KARLO, "super_res_first").replace("SIDE", "16") + ", scheduler: "
          + scheduler("epsilon", "fixed_small_log", "1.0") + "}";
      default -> throw new IllegalArgumentException("no task is called " + task);
    };
  }

  private static String network(Path model, String name) throws IOException {
    return Files.readString(model.resolve(name).resolve("config.json")).replace("\n", " ")
        .replaceAll("\"(sample|image)_size\": *\\d+", "\"$1_size\": SIDE")
        .replaceAll("\"patch_size\": *\\d+", "\"patch_size\": 8").replace("SIDE", name.equals("vae") ? "16" : "SIDE");
  }

  private static String scheduler(String predicted, String variance, String range) {
    return "{_class_name: UnCLIPScheduler, beta_schedule: squaredcos_cap_v2, prediction_type: " + predicted
        + ", variance_type: " + variance + ", clip_sample_range: " + range + "}";
  }
}
