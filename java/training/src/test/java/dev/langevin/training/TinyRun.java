package dev.langevin.training;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** A run that takes a second: a U-Net of a few thousand weights on a dozen random pictures of two classes. */
final class TinyRun {

  private TinyRun() {}

  /** Writes pictures and settings; {@code steps} are YAML lines below {@code steps:}. */
  static Path write(Path folder, String output, long count, String... steps) throws IOException {
    Path data = folder.resolve("data");
    if (!Files.exists(data)) {
      Random random = new Random(5);
      for (int i = 0; i < 12; i++) {
        BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 64; p++) {
          picture.setRGB(p % 8, p / 8, random.nextInt(1 << 24));
        }
        Path file = data.resolve(i % 2 == 0 ? "even" : "odd").resolve(i + ".png");
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
      }
    }
    Path config = folder.resolve(output + ".yaml");
    Files.writeString(config, """
        task: pixels
        output: %s
        seed: 3
        data: {format: images, path: data, size: 8, channels: 1, flip: 0.5, shift: 1}
        model:
          unet: {sample_size: 8, in_channels: 1, out_channels: 1, block_out_channels: [8, 8], layers_per_block: 1,
            norm_num_groups: 4, attention_head_dim: 4, down_block_types: [DownBlock2D, AttnDownBlock2D],
            up_block_types: [AttnUpBlock2D, UpBlock2D], num_class_embeds: 3}
          scheduler: {num_train_timesteps: 1000, beta_schedule: squaredcos_cap_v2, prediction_type: v_prediction}
        objective: {snr_gamma: 5, condition_dropout: 0.1, offset_noise: 0.05}
        steps:
          batch_size: 5
          count: %d
          learning_rate: 0.002
          warmup: 3
          ema_decay: 0.99
          clip_grad_norm: 1
          %s
        """.formatted(output, count, String.join("\n  ", steps)));
    return config;
  }
}
