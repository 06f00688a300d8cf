package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.Parameters;
import dev.langevin.training.TrainingConfig;
import dev.langevin.training.TrainingRun;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Twenty steps of a small U-Net on random pictures of two classes; the digest is of its weights and their average. */
final class DigestTraining implements DigestCases {

  private static final String NAME = "training";

  private static final int SIDE = 8;

  @Override
  public Set<String> names() {
    return Set.of(NAME);
  }

  @Override
  public void run(String name, Path reference, Path scratch, Consumer<Digest> rows) throws IOException {
    writePictures(scratch.resolve("pictures"));
    long memory = Long.MAX_VALUE;
    for (boolean tight : new boolean[] {false, true}) {
      Path file = scratch.resolve(tight ? "tight.yaml" : "plain.yaml");
      Files.writeString(file, settings(tight ? "tight" : "plain", memory));
      try (TrainingRun run = new TrainingRun(TrainingConfig.read(file), Backend.named("onednn"), false)) {
        run.run(new TrainingRun.Listener() {});
        rows.accept(new Digest(NAME, Precision.F32, false, tight, Digest.ofNumbers(learnt(run)), Digest.NONE));
        memory = run.learner().plan().size().activations() - 1; // so that some are computed twice
      }
    }
  }

  private static Tensor[] learnt(TrainingRun run) {
    Parameters parameters = run.learner().parameters();
    List<Tensor> learnt = new ArrayList<>();
    for (String block : List.of("weights", "average")) {
      MemorySegment values = run.learner().state().get(block);
      new TreeSet<>(parameters.stored().keySet()).forEach(name -> learnt.add(parameters.tensor(values, name)));
    }
    return learnt.toArray(Tensor[]::new);
  }

  private static void writePictures(Path folder) throws IOException {
    Random random = new Random(SEED);
    for (int i = 0; i < 12; i++) {
      BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < SIDE * SIDE; p++) {
        picture.setRGB(p % SIDE, p / SIDE, random.nextInt(1 << 24));
      }
      Path file = folder.resolve(i % 2 == 0 ? "even" : "odd").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      Images.writePng(picture, file);
    }
  }

  private static String settings(String output, long memory) {
    return """
        task: pixels
        output: %s
        seed: 3
        data: {format: images, path: pictures, size: 8, channels: 3, flip: 0.5, shift: 1}
        model:
          unet: {sample_size: 8, in_channels: 3, out_channels: 3, block_out_channels: [8, 16], layers_per_block: 1,
            norm_num_groups: 4, attention_head_dim: 4, down_block_types: [DownBlock2D, AttnDownBlock2D],
            up_block_types: [AttnUpBlock2D, UpBlock2D], num_class_embeds: 3}
          scheduler: {num_train_timesteps: 1000, beta_schedule: squaredcos_cap_v2, prediction_type: v_prediction}
        objective: {snr_gamma: 5, condition_dropout: 0.1, offset_noise: 0.05}
        steps: {batch_size: 5, count: 20, learning_rate: 0.002, warmup: 3, ema_decay: 0.99, clip_grad_norm: 1}
        memory: %d
        """.formatted(output, memory);
  }
}
