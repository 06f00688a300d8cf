package dev.langevin.examples;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.training.TrainingConfig;
import dev.langevin.training.TrainingLog;
import dev.langevin.training.TrainingRun;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model of 8x8 bars that lie or stand, from the data to pictures, in seconds: {@code TrainToyModel FOLDER}.
 */
public final class TrainToyModel {

  private static final String RUN = """
      task: pixels
      output: run
      seed: 1
      data: {format: images, path: data, size: 8, channels: 1}
      model:
        unet: {sample_size: 8, in_channels: 1, out_channels: 1, block_out_channels: [16, 32], layers_per_block: 1,
          norm_num_groups: 4, attention_head_dim: 8, down_block_types: [DownBlock2D, AttnDownBlock2D],
          up_block_types: [AttnUpBlock2D, UpBlock2D], num_class_embeds: 2}
        scheduler: {num_train_timesteps: 1000, beta_schedule: squaredcos_cap_v2}
      steps: {batch_size: 32, count: 150, learning_rate: 0.003, warmup: 20, ema_decay: 0.98}
      """;

  private TrainToyModel() {}

  public static void main(String... arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    draw(folder.resolve("data"));
    Path settings = Files.writeString(folder.resolve("run.yaml"), RUN);
    Path model;
    try (Backend backend = Backend.open("onednn", BackendOptions.usual());
        TrainingRun run = new TrainingRun(TrainingConfig.read(settings), backend, false)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          if (step % 30 == 0) {
            System.out.printf("step %d, loss %.4f%n", step, log.recent("loss", 20));
          }
        }
      });
      model = run.model();
    }
    List<BufferedImage> made = new ArrayList<>();
    try (Pipeline pipeline = Pipelines.open(model)) {
      for (int label = 0; label < 2; label++) { // classes are the folders' names in order
        Generation pictures =
            pipeline.generate(GenerationRequest.ofClass(label).count(8).steps(20).sampler("ddim").build());
        for (int k = 0; k < 8; k++) {
          made.add(pictures.image(k));
        }
      }
    }
    Images.writePng(Images.grid(made, 8, 1), folder.resolve("bars.png"));
  }

  /** Sixteen pictures a class: a white bar in each row, or in each column, once bright and once less so. */
  private static void draw(Path data) throws IOException {
    for (String kind : List.of("lying", "standing")) {
      Path folder = Files.createDirectories(data.resolve(kind));
      for (int i = 0; i < 16; i++) {
        BufferedImage picture = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
        int gray = i < 8 ? 0xffffff : 0xc0c0c0;
        for (int p = 0; p < 8; p++) {
          picture.setRGB(kind.equals("lying") ? p : i % 8, kind.equals("lying") ? i % 8 : p, gray);
        }
        Images.writePng(picture, folder.resolve(i + ".png"));
      }
    }
  }
}
