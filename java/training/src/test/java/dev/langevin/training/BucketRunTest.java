package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Op.Padding;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.TensorSource;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of several proportions: what is told of them, resumption, and the memory that the sizes share. */
class BucketRunTest {

  private static final Backend BACKEND = Backend.named("onednn");
  private static final Path BASE =
      Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1").toAbsolutePath().normalize();
  private static final String FILE = "model/pytorch_lora_weights.safetensors";
  private static final String KEYS = "buckets: true, bucket_step: 8, bucket_shortest: 8";

  @TempDir
  Path folder;

  private Path config(String output, String data, String steps) throws IOException {
    Random random = new Random(8);
    Path pictures = folder.resolve("data");
    if (!Files.exists(pictures)) {
      Files.createDirectories(pictures);
      int[][] sizes = {{20, 20}, {40, 15}, {80, 20}, {16, 16}, {7, 20}};
      for (int i = 0; i < sizes.length; i++) {
        BufferedImage picture = new BufferedImage(sizes[i][0], sizes[i][1], BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < sizes[i][0] * sizes[i][1]; p++) {
          picture.setRGB(p % sizes[i][0], p / sizes[i][0], random.nextInt(1 << 24));
        }
        ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
        Files.writeString(pictures.resolve(i + ".txt"), "picture " + i);
      }
    }
    return Files.writeString(folder.resolve(output + ".yaml"), """
        task: lora
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 16, channels: 3, flip: 0.5, %s}
        model: {lora: {rank: 2}}
        steps: {batch_size: 2, count: 4, learning_rate: 0.01%s}
        """.formatted(output, BASE, data, steps));
  }

  /**
   * Catches a size that is not trained on, an order that depends on where a run begins, and a memory that is not kept.
   */
  @Test
  void shouldEndInTheSameWeightsAfterAResumption() throws IOException {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config("whole", KEYS, "")), BACKEND, false)) {
      assertThat(run.note()).startsWith("buckets: 1 picture of 8x24, 2 pictures of 16x16, 1 picture of 24x8, "
          + "1 picture of 32x8; 1 is enlarged; ").contains("layers get updates of rank 2");
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
    }
    Path broken = config("broken", KEYS, ", checkpoint_every: 1");
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(broken), BACKEND, false)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void checkpoint(long step, TrainingLog log) {
          run.stop();
        }
      });
      assertThat(run.step()).isEqualTo(1);
    }
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(broken), BACKEND, true)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
    }
    assertThat(folder.resolve("broken").resolve(FILE)).hasSameBinaryContentAs(folder.resolve("whole").resolve(FILE));
    Path other = config("broken", KEYS.replace("bucket_shortest: 8", "bucket_shortest: 16"), "");
    assertThatThrownBy(() -> new TrainingRun(TrainingConfig.read(other), BACKEND, true))
        .hasMessageContaining("data.bucket_shortest was 8, is 16");
  }

  @Test
  void shouldRefuseWhatDoesNotGoWithBuckets() throws IOException {
    for (String[] wrong : new String[][] {{"buckets: true, fit: crop", "data.fit stands beside data.buckets"},
        {"buckets: true, resize: 20", "data.resize stands beside data.buckets"},
        {"bucket_step: 8", "data.bucket_step is 8 and data.buckets is not true"},
        {"bucket: true", "data.bucket is no key that is known; is data.buckets meant"}}) {
      Path config = config("wrong", wrong[0], "");
      if (wrong[1].contains("no key")) {
        assertThatThrownBy(() -> TrainingConfig.read(config))
            .hasMessageContaining("data.bucket is no key that is known")
            .hasMessageContaining("buckets");
      } else {
        assertThatThrownBy(() -> TrainingConfig.read(config)).hasMessageContaining(wrong[1]);
      }
    }
    Path large = config("wrong", "buckets: true", "");
    assertThatThrownBy(() -> new TrainingRun(TrainingConfig.read(large), BACKEND, false))
        .hasMessageContaining("data.size, bucket_step").hasMessageContaining("not a step of 64");
    Files.writeString(large, Files.readString(large).replace("task: lora", "task: autoencoder")
        .replace("init: " + BASE, "").replace("model: {lora: {rank: 2}}", ""));
    assertThatThrownBy(() -> TrainingConfig.read(large))
        .hasMessageContaining("data.buckets is not read in a run of task autoencoder");
  }

  private static LossGraph loss(int height, int width) {
    GraphBuilder b = new GraphBuilder();
    var x = b.input("x", DType.F32, 2, height, width, 8);
    var y = b.conv2d("first", x, 16, 3, 1, Padding.of(1));
    b.output("out", b.linear("second", y, 4, true));
    Graph network = b.build();
    return LossGraph.of(network, "out", new LossFunction.SquaredError());
  }

  private static float[] values(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static List<float[]> gradients(Learner learner, int height, int width) {
    learner.in("x").write(values(2 * height * width * 8, 1));
    learner.in("target").write(values(2 * height * width * 4, 2));
    learner.in("weight").write(new float[] {1, 0.5f});
    learner.run();
    List<float[]> all = new ArrayList<>(List.of(learner.out("loss").toFloats()));
    learner.parameters().stored().keySet()
        .forEach(name -> all.add(learner.parameters().tensor(learner.lastGradients(), name).toFloats()));
    return all;
  }

  /** Catches sizes that read each other's activations or have weights of their own, and memory that each size takes. */
  @Test
  void shouldLearnFromEverySizeInOneMemory() {
    List<LossGraph> losses = List.of(loss(12, 12), loss(6, 24), loss(20, 7));
    int[][] sizes = {{12, 12}, {6, 24}, {20, 7}};
    TensorSource source = new InitialWeights(losses.getFirst().graph().storedWeights(), 5);
    Learner.Settings settings = new Learner.Settings(true, false, Long.MAX_VALUE);
    long largest = 0;
    long sum = 0;
    try (Learner all = new Learner(BACKEND, losses, name -> true, source, settings)) {
      for (int turn = 0; turn < 2; turn++) {
        for (int size = 0; size < 3; size++) {
          try (Learner one = new Learner(BACKEND, losses.get(size), name -> true, source, settings)) {
            all.use(size);
            List<float[]> expected = gradients(one, sizes[size][0], sizes[size][1]);
            List<float[]> actual = gradients(all, sizes[size][0], sizes[size][1]);
            for (int i = 0; i < expected.size(); i++) {
              assertThat(actual.get(i)).isEqualTo(expected.get(i));
            }
            largest = Math.max(largest, one.bytes());
            sum += one.bytes();
          }
        }
      }
      assertThat(all.bytes()).isLessThan(largest + largest / 4).isLessThan(sum / 4);
    }
  }
}
