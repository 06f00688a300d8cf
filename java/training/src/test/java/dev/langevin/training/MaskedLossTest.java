package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.LossFunction;
import dev.langevin.tensor.DType;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.ImageFolder;
import dev.langevin.training.data.Masks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A loss that counts by masks: its formula, where masks come from, and a run of one. */
class MaskedLossTest {

  private static final Backend BACKEND = Backend.named("onednn");
  private static final Path BASE =
      Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1").toAbsolutePath().normalize();

  @TempDir
  Path folder;

  private static float[] values(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /**
   * As kohya's apply_masked_loss: f(prediction - target) times the mask in all channels, its mean over all places; and
   * the gradient by a bias that is added to every prediction of a channel.
   */
  @Test
  void shouldMultiplyTheLossByTheMask() {
    float[] x = values(2 * 3 * 4 * 5, 1);
    float[] target = values(x.length, 2);
    float[] mask = new float[2 * 4 * 5];
    Random random = new Random(3);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i % 3 == 0 ? 0 : random.nextFloat();
    }
    float[] weights = {1, 0.25f};
    for (LossFunction function : List.of(new LossFunction.SquaredError(), new LossFunction.AbsoluteError(),
        new LossFunction.Huber(0.5))) {
      GraphBuilder b = new GraphBuilder();
      var in = b.toChannelsLast("last", b.input("x", DType.F32, 2, 3, 4, 5));
      b.output("out", b.toChannelsFirst("first", b.linear("layer", in, 3, true)));
      Graph network = b.build();
      try (Learner learner = new Learner(BACKEND, LossGraph.of(network, "out", function, true), name -> true,
          new InitialWeights(network.storedWeights(), 1), new Learner.Settings(false, false, Long.MAX_VALUE))) {
        float[] matrix = learner.parameters().tensor(learner.state().get("weights"), "layer.weight").toFloats();
        float[] bias = learner.parameters().tensor(learner.state().get("weights"), "layer.bias").toFloats();
        learner.in("x").write(x);
        learner.in("target").write(target);
        learner.in("mask").write(mask);
        learner.in("weight").write(weights);
        learner.run();
        double[] loss = new double[2];
        double[] gradient = new double[3];
        for (int n = 0; n < 2; n++) {
          for (int c = 0; c < 3; c++) {
            for (int p = 0; p < 20; p++) {
              double prediction = bias[c];
              for (int from = 0; from < 3; from++) {
                prediction += matrix[c * 3 + from] * x[(n * 3 + from) * 20 + p];
              }
              double difference = prediction - target[(n * 3 + c) * 20 + p];
              loss[n] += mask[n * 20 + p] * function.value(difference) / 60;
              gradient[c] += mask[n * 20 + p] * function.derivative(difference) * weights[n] / 120;
            }
          }
        }
        float[] losses = learner.out("loss").toFloats();
        float[] gradients = learner.parameters().tensor(learner.lastGradients(), "layer.bias").toFloats();
        for (int n = 0; n < 2; n++) {
          assertThat((double) losses[n]).isCloseTo(loss[n], within(1e-5));
        }
        for (int c = 0; c < 3; c++) {
          assertThat((double) gradients[c]).as("%s", function).isCloseTo(gradient[c], within(1e-5));
        }
      }
    }
  }

  /** What torch's interpolate(mode="area") gives: means of the pixels that each place touches. */
  @Test
  void shouldBringMasksToTheSizeOfLatents() {
    assertThat(Masks.area(new float[] {1, 0, 0, 0, 0, 0, 1, 1}, 2, 4, 1, 2)).containsExactly(0.25f, 0.5f);
    assertThat(Masks.area(new float[] {3, 6, 9}, 1, 3, 1, 2)).containsExactly(4.5f, 7.5f);
  }

  private static void write(Path file, int width, int height, int colour, int type) throws IOException {
    BufferedImage picture = new BufferedImage(width, height, type);
    for (int p = 0; p < width * height; p++) {
      picture.setRGB(p % width, p / width, colour);
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(picture, "png", file.toFile());
  }

  @Test
  void shouldReadRedAndRefuseWhatIsOfNoUse() throws IOException {
    Path data = folder.resolve("data");
    write(data.resolve("10_cat/a.png"), 4, 3, 0xff112233, BufferedImage.TYPE_INT_RGB);
    write(data.resolve("10_cat/b.png"), 5, 2, 0x80112233, BufferedImage.TYPE_INT_ARGB);
    Dataset dataset = ImageFolder.open(data);
    assertThatThrownBy(() -> Masks.of(dataset, folder.resolve("masks")))
        .hasMessageContaining("is not a folder of masks");
    Path masks = folder.resolve("masks");
    write(masks.resolve("a.png"), 4, 3, 0xff800102, BufferedImage.TYPE_INT_RGB);
    assertThatThrownBy(() -> Masks.of(dataset, masks))
        .hasMessageContaining("1 pictures have no mask").hasMessageContaining("10_cat/b.png");
    write(masks.resolve("10_cat/b.png"), 5, 3, 0xffffffff, BufferedImage.TYPE_INT_RGB);
    assertThatThrownBy(() -> Masks.of(dataset, masks)).hasMessageContaining("10_cat/b.png (5x2, its mask 5x3)");
    write(masks.resolve("10_cat/b.png"), 5, 2, 0xff00ffff, BufferedImage.TYPE_INT_RGB);
    assertThatThrownBy(() -> Masks.of(dataset, masks)).hasMessageContaining("its mask is black throughout");
    write(masks.resolve("10_cat/b.png"), 5, 2, 0xffffffff, BufferedImage.TYPE_INT_RGB);
    assertThat(Masks.of(dataset, masks).mask(0).samples()).hasSize(12).containsOnly(0x80);
    Masks alpha = Masks.ofAlpha(dataset);
    assertThat(alpha.mask(0).samples()).hasSize(12).containsOnly(0xff);
    assertThat(alpha.mask(1).samples()).hasSize(10).containsOnly(0x80);
    assertThatThrownBy(() -> Masks.ofAlpha(dataset.only(new int[] {0}))).hasMessageContaining("has an alpha channel");
  }

  private Path config(String output, String data) throws IOException {
    return Files.writeString(folder.resolve(output + ".yaml"), """
        task: lora
        output: %s
        seed: 3
        init: %s
        data: {format: images, path: data, size: 16, channels: 3, flip: 0.5%s}
        model: {lora: {rank: 2, targets: [to_q]}}
        steps: {batch_size: 2, count: 1, learning_rate: 0.01}
        """.formatted(output, BASE, data));
  }

  /** Catches masks that are not shown to the learner, and a run that is resumed with other masks. */
  @Test
  void shouldLearnByMasks() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
    for (int i = 0; i < 6; i++) {
      write(folder.resolve("masks/" + i + ".png"), 16, 16, 0xff404040, BufferedImage.TYPE_INT_RGB);
    }
    double[] losses = new double[2];
    for (int masked = 0; masked < 2; masked++) {
      Path config = config("run" + masked, masked == 0 ? "" : ", masks: masks");
      try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, false)) {
        assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
        losses[masked] = run.log().curve("loss")[0];
      }
    }
    assertThat(losses[1]).isCloseTo(losses[0] * 0x40 / 255, within(1e-5 * losses[0]));
    write(folder.resolve("masks/2.png"), 16, 16, 0xff505050, BufferedImage.TYPE_INT_RGB);
    Path config = config("run1", ", masks: masks");
    assertThatThrownBy(() -> new TrainingRun(TrainingConfig.read(config), BACKEND, true))
        .hasMessageContaining("data.masks leads to other masks");
    assertThatThrownBy(() -> TrainingConfig.read(config("wrong", ", masks: masks, alpha_mask: true")))
        .hasMessageContaining("a picture has one mask");
    assertThatThrownBy(() -> TrainingConfig.read(config("wrong", ", mask: masks")))
        .hasMessageContaining("data.mask is no key that is known").hasMessageContaining("masks");
    Path inside = config("wrong", ", masks: data/masks");
    Files.createDirectories(folder.resolve("data/masks"));
    assertThatThrownBy(() -> new TrainingRun(TrainingConfig.read(inside), BACKEND, false))
        .hasMessageContaining("lies in data.path");
  }
}
