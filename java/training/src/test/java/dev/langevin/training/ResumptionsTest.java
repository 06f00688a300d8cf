package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A LoRA's run that is resumed with one thing changed: it goes on to the weights of a run that nobody broke, or is
 * refused by the name of what was changed.
 */
class ResumptionsTest {

  private static final Backend BACKEND = Backend.named("onednn");
  private static final String WEIGHTS = "model/pytorch_lora_weights.safetensors";
  private static final int BROKEN_AT = 3;
  private static final int COUNT = 6;

  /** The data, a base and a run of three steps; each case changes a copy. */
  @TempDir
  private static Path original;

  private static byte[] unbroken;

  @TempDir
  private Path folder;

  /** Changes one thing of a run whose settings are {@code lora.yaml}. */
  @FunctionalInterface
  private interface Change {
    void apply(Path folder) throws IOException;
  }

  @BeforeAll
  static void run() throws IOException {
    copy(KindsOfRun.SD, original.resolve("base"));
    run(KindsOfRun.write(original, "lora", "unbroken", COUNT, Path.of("base")), 0);
    unbroken = Files.readAllBytes(original.resolve("unbroken").resolve(WEIGHTS));
    Checkpoints.delete(original.resolve("unbroken"));
    run(KindsOfRun.write(original, "lora", "lora", BROKEN_AT, Path.of("base")), 0);
  }

  private static void run(Path config, long from) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, true)) {
      assertThat(run.step()).isEqualTo(from);
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static Change text(String from, String to) {
    return folder -> replace(folder.resolve("lora.yaml"), from, to);
  }

  private static void replace(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }

  private static Change moved(String from, String to, String key) {
    return folder -> {
      Files.move(folder.resolve(from), folder.resolve(to));
      replace(folder.resolve("lora.yaml"), key + ": " + from, key + ": " + to);
    };
  }

  private Path changed(Change change) throws IOException {
    Path copy = folder.resolve("copy");
    copy(original, copy);
    replace(copy.resolve("lora.yaml"), "count: " + BROKEN_AT, "count: " + COUNT);
    change.apply(copy);
    return copy.resolve("lora.yaml");
  }

  static List<Named<Change>> allowed() {
    return List.of(Named.of("a larger count", folder -> {}),
        Named.of("the data moved", moved("data", "pictures", "path")),
        Named.of("the base moved", moved("base", "model-of-another-disk", "init")),
        Named.of("the output moved", moved("lora", "out", "output")),
        Named.of("samples", folder -> Files.writeString(folder.resolve("lora.yaml"),
            Files.readString(folder.resolve("lora.yaml"))
                + "samples: {every: 4, count: 1, steps: 2, prompts: [noise]}\n")),
        Named.of("other checkpoints", text("checkpoint_every: 5", "checkpoint_every: 2, keep: 1")));
  }

  @ParameterizedTest
  @MethodSource("allowed")
  void shouldGoOnToTheSameWeights(Change change) throws IOException {
    Path config = changed(change);
    run(config, BROKEN_AT);
    assertThat(TrainingConfig.read(config).output().resolve(WEIGHTS)).hasBinaryContent(unbroken);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        refusal("data.path leads to other pictures, labels or captions", "a pixel", ResumptionsTest::otherPixel),
        refusal("data.path leads to other pictures, labels or captions", "a caption",
            folder -> replace(folder.resolve("data/metadata.jsonl"), "noise 3", "noise three")),
        refusal("data.path leads to other pictures, labels or captions", "a picture less", folder -> {
          Path lines = folder.resolve("data/metadata.jsonl");
          Files.write(lines, Files.readAllLines(lines).subList(0, 5));
          Files.delete(folder.resolve("data/5.png"));
        }),
        refusal("init leads to another model or other files", "a weight of the base", ResumptionsTest::otherWeight),
        refusal("objective.loss was mse, is l1", "the loss", text("snr_gamma: 5", "snr_gamma: 5, loss: l1")),
        refusal("objective.snr_gamma was 5.0, is 4.0", "the loss's weights", text("snr_gamma: 5", "snr_gamma: 4")),
        refusal("model.lora.rank was 2, is 3", "the rank", text("rank: 2", "rank: 3")),
        refusal("seed was 3, is 4", "the seed", text("seed: 3", "seed: 4")),
        refusal("steps.batch_size was 6, is 4", "the batch", text("batch_size: 6", "batch_size: 4")),
        refusal("steps.learning_rate was 0.001, is 0.002", "the rate",
            text("learning_rate: 0.001", "learning_rate: 0.002")));
  }

  private static Arguments refusal(String said, String what, Change change) {
    return Arguments.of(said, Named.of(what, change));
  }

  private static void otherPixel(Path folder) throws IOException {
    Path file = folder.resolve("data/2.png");
    BufferedImage picture = ImageIO.read(file.toFile());
    picture.setRGB(9, 4, picture.getRGB(9, 4) ^ 1);
    ImageIO.write(picture, "png", file.toFile());
  }

  private static void otherWeight(Path folder) throws IOException {
    try (RandomAccessFile weights =
        new RandomAccessFile(folder.resolve("base/unet/diffusion_pytorch_model.safetensors").toFile(), "rw")) {
      long at = weights.length() / 2;
      weights.seek(at);
      int there = weights.read();
      weights.seek(at);
      weights.write(there ^ 1);
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void shouldBeRefusedByName(String said, Change change) throws IOException {
    Path config = changed(change);
    assertThatThrownBy(() -> run(config, BROKEN_AT)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("step-3 belongs to a run with other settings: " + said);
    assertThat(config.resolveSibling("lora").resolve("model")).exists();
  }
}
