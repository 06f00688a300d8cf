package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.backend.Backend;
import dev.langevin.image.Images;
import dev.langevin.weights.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of a class beside those of a thing: made, kept, weighed. */
class PriorPreservationTest {

  private static final Path MODEL =
      Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1").toAbsolutePath().normalize();
  private static final String LORA = "model/pytorch_lora_weights.safetensors";

  @TempDir
  Path folder;

  private final List<String> told = new ArrayList<>();

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private Path config(String output, String prior, String... rest) throws IOException {
    return Files.writeString(folder.resolve(output + ".yaml"), """
        task: lora
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 16, channels: 3, flip: 0.5, variants: 2}
        model: {train_text_encoder: true, lora: {rank: 2}}
        prior_preservation: {prompt: a king, steps: 1, guidance: 1, %s}
        steps: {batch_size: 2, count: 4, learning_rate: 0.01, checkpoint_every: 2}
        %s
        """.formatted(output, MODEL, prior, String.join("\n", rest)));
  }

  private double run(Path config, boolean resume, long until) {
    double[] first = {Double.NaN};
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), resume, told::add)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void step(long step, TrainingLog log) {
          first[0] = Double.isNaN(first[0]) ? log.recent("loss", 1) : first[0];
          if (step == until) {
            run.stop();
          }
        }
      });
    }
    return first[0];
  }

  private Path changed(Path config, String from, String to) throws IOException {
    String text = Files.readString(config);
    assertThat(text).contains(from);
    return Files.writeString(config, text.replace(from, to));
  }

  private void assertRefused(Path config, boolean resume, String... message) {
    assertThatThrownBy(() -> run(config, resume, 0)).isInstanceOf(TrainingException.class)
        .hasMessageContainingAll(message);
  }

  /** Catches pictures that hang on those before them, and an order or noise that begins anew with a resumed run. */
  @Test
  void shouldEndInTheSameWeightsWhereverItWasInterrupted() throws IOException {
    Path whole = config("whole", "count: 3");
    run(whole, false, 0);
    assertThat(told).anyMatch(text -> text.contains("0 of 3 lie in"))
        .anyMatch(text -> text.contains("3 of 3 are made"));
    Path parts = config("parts", "count: 3");
    run(parts, false, 1);
    Path killed = folder.resolve("parts/class-pictures/class-000001.png"); // as a kill among them leaves it
    byte[] made = Files.readAllBytes(killed);
    Files.delete(killed);
    told.clear();
    run(parts, true, 0);
    assertThat(told).anyMatch(text -> text.contains("2 of 3 lie in"))
        .anyMatch(text -> text.contains("1 of 1 are made"));
    assertThat(killed).hasBinaryContent(made);
    assertThat(folder.resolve("parts").resolve(LORA)).hasSameBinaryContentAs(folder.resolve("whole").resolve(LORA));
    try (SafetensorsFile weights = SafetensorsFile.open(folder.resolve("parts").resolve(LORA))) {
      assertThat(weights.names()).anyMatch(name -> name.startsWith("text_encoder."));
    }
  }

  /** Catches a mean over both halves, and a min-SNR weight of the class's half, which diffusers gives none. */
  @Test
  void shouldAddTheWeighedLossOfTheClass() throws IOException {
    String pictures = "path: class, count: 3, weight: ";
    double alone = run(config("w0", pictures + 0), false, 1);
    double once = run(config("w1", pictures + 1), false, 1);
    double thrice = run(config("w3", pictures + 3), false, 1);
    assertThat(once - alone).isPositive();
    assertThat(thrice - alone).isCloseTo(3 * (once - alone), within(1e-5 * thrice));
    String snr = "objective: {snr_gamma: 0.05}";
    double small = run(config("s0", pictures + 0, snr), false, 1);
    double both = run(config("s1", pictures + 1, snr), false, 1);
    assertThat(small).isLessThan(0.9 * alone);
    assertThat(both - small).isCloseTo(once - alone, within(1e-5 * once));
  }

  /** Catches a mask of the thing that lies over the class, which would be forgotten where the mask is dark. */
  @Test
  void shouldCountTheClassInFullBesideMasks() throws IOException {
    for (int i = 0; i < 6; i++) {
      BufferedImage mask = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
      Arrays.fill(((DataBufferInt) mask.getRaster().getDataBuffer()).getData(), 0x404040);
      Images.writePng(mask, Files.createDirectories(folder.resolve("masks")).resolve(i + ".png"));
    }
    double[] losses = new double[4];
    for (int k = 0; k < 4; k++) {
      Path config = config("k" + k, "path: class, count: 3, weight: " + k % 2);
      losses[k] = run(k < 2 ? config : changed(config, "variants: 2", "variants: 2, masks: masks"), false, 1);
    }
    assertThat(losses[1] - losses[0]).isPositive();
    assertThat(losses[2]).isCloseTo(losses[0] * 0x40 / 255, within(1e-5 * losses[0]));
    assertThat(losses[3] - losses[2]).isCloseTo(losses[1] - losses[0], within(1e-5 * losses[1]));
  }

  @Test
  void shouldTakePicturesThatSomebodyPutThere() throws IOException {
    Path own = Files.createDirectories(folder.resolve("class"));
    for (int i = 0; i < 2; i++) {
      Images.writePng(Images.read(folder.resolve("data/" + i + ".png")), own.resolve(i + ".png"));
    }
    Path config = config("own", "path: class");
    run(config, false, 2);
    assertThat(told).noneMatch(text -> text.contains("class pictures"));
    Images.writePng(Images.read(folder.resolve("data/3.png")), own.resolve("1.png"));
    assertRefused(config, true, "prior_preservation.path leads to other pictures");
    run(changed(changed(config, "path: class", "path: class, count: 4"), "output: own", "output: more"), false, 1);
    assertThat(own.resolve("class-000001.png")).exists();
    assertThat(own.resolve("class-000002.png")).doesNotExist();
  }

  @Test
  void shouldRefusePicturesOfAnotherPrompt() throws IOException {
    Path config = config("out", "path: class, count: 2");
    run(config, false, 1);
    changed(config, "output: out", "output: other");
    assertRefused(changed(config, "prompt: a king", "prompt: a day"), false, "holds class pictures of another prompt",
        "then 'a king', now 'a day'");
    assertRefused(changed(config, "path: class", "path: data/class"), false,
        "one lies in the other, so that class pictures would be learnt");
  }

  @Test
  void shouldRefuseAPriorWhereNoTextIsRead() throws IOException {
    Path config = changed(config("out", "count: 2"), "init: " + MODEL + "\n", "");
    changed(config, "task: lora", "task: pixels");
    assertThatThrownBy(() -> TrainingConfig.read(config)).hasMessageContaining("prior_preservation is not read");
  }

  @Test
  void shouldGiveOneCaptionToPicturesWithoutAny() throws IOException {
    Files.delete(folder.resolve("data/metadata.jsonl"));
    Path config = config("out", "count: 1");
    assertRefused(config, false, "no picture has a caption");
    run(config("prompted", "count: 1", "instance_prompt: a photo of sks king"), false, 1);
  }
}
