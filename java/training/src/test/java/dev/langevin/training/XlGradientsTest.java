package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.backend.Backend;
import dev.langevin.graph.LossFunction;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.weights.AppendedRows;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Loss and gradients of one step of XL, of updates, of all weights and of a learned word, against those that torch
 * 2.13.0, transformers 5 and diffusers 0.40 compute as diffusers' {@code train_text_to_image_lora_sdxl.py} does: states
 * before the last layer beside each other, the second encoder's pooled text, sizes and crops as {@code time_ids}.
 */
class XlGradientsTest {

  private static final Path BASE =
      Path.of("../engine/src/test/resources/reference/pipelines_sdxl/_models/base").toAbsolutePath().normalize();
  private static final Path RESOURCES = Path.of("src/test/resources/sdxl");
  private static final String[] TEXTS = {"a red car", "noise 3, and more"};

  private final ModelFolder folder = new ModelFolder(BASE);
  private final SafetensorsFile given = SafetensorsFile.open(RESOURCES.resolve("expected.safetensors"));
  private final Map<String, ModelWeights> components = Map.of("unet", folder.weights("unet"), "text_encoder",
      folder.weights("text_encoder"), "text_encoder_2", folder.weights("text_encoder_2"));

  @AfterEach
  void close() {
    given.close();
    components.values().forEach(ModelWeights::close);
  }

  private TextEncoders texts(LowRank lora) {
    TrainingConfig.Model model = new TrainingConfig.Model(folder.config("unet"), folder.schedulerConfig(), null, BASE,
        folder.config("text_encoder"), folder.component("tokenizer"), true, null, lora, null, null, null, null, false,
        null, false);
    return TextEncoders.of(model, new BaseModel(folder));
  }

  private Graph unet(TextEncoders texts) {
    return UNet2DCondition.graph(UNetConditionConfig.of(folder.config("unet")), 2, 8, 8, texts.length(),
        TextEncoders.TIME_IDS, 0, false);
  }

  private static Learner learner(Graph network, Predicate<String> trained, TensorSource weights) {
    return new Learner(Backend.named("onednn"), LossGraph.of(network, "out", new LossFunction.SquaredError()), trained,
        weights, new Learner.Settings(false, false, Long.MAX_VALUE));
  }

  private Tensor weight(String name) {
    int dot = name.indexOf('.');
    return components.get(name.substring(0, dot)).tensor(name.substring(dot + 1));
  }

  private void run(Learner learner) {
    for (String input : new String[] {"sample", "target", "timestep", "weight", "time_ids"}) {
      learner.in(input).write(given.tensor(input));
    }
    learner.run();
  }

  @Test
  void shouldBeThoseOfTorchAndDiffusersForUpdates() {
    LowRank lora = new LowRank(2, 5.0, null, null, 0);
    TextEncoders texts = texts(lora);
    Graph network = texts.before(lora.insert(unet(texts), TextEncoders.UNET).graph(), 2, lora).graph();
    try (Learner learner = learner(network, LowRank::isUpdate, name -> LowRank.isUpdate(name)
        ? given.tensor((LowRank.beginsAsZero(name) ? "B." : "A.") + LowRank.layer(name)) : weight(name))) {
      texts.write(TEXTS, learner);
      assertThat(longs(learner.in("input_ids").read())).isEqualTo(longs(given.tensor("input_ids")));
      assertThat(longs(learner.in("input_ids_2").read())).isEqualTo(longs(given.tensor("input_ids_2")));
      run(learner);
      assertThat(learner.out("loss").toFloats()).containsExactly(given.tensor("loss").toFloats(), within(1e-4f));
      int compared = 0;
      for (String name : learner.parameters().stored().keySet()) {
        float[] gradient = learner.parameters().tensor(learner.lastGradients(), name).toFloats();
        float[] reference = given.tensor((LowRank.beginsAsZero(name) ? "dB." : "dA.") + LowRank.layer(name))
            .toFloats();
        float largest = 0;
        for (float value : reference) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as(name).isPositive();
        assertThat(gradient).as(name).containsExactly(reference, within(1e-3f * largest));
        compared++;
      }
      assertThat(compared).isEqualTo(2 * (64 + 24));
    }
  }

  /** Of each line of what {@code bench/peers/torch_xl_gradients.py} wrote, the numbers by the name. */
  private static Map<String, double[]> expected() throws IOException {
    Map<String, double[]> lines = new HashMap<>();
    for (String line : Files.readAllLines(RESOURCES.resolve("gradients.txt"))) {
      String[] words = line.split(" ");
      lines.put(named(words[0]), new double[] {Double.parseDouble(words[1]), Double.parseDouble(words[2])});
    }
    return lines;
  }

  /** Versions of transformers name the layers of CLIP's encoders with this or without. */
  private static String named(String weight) {
    return weight.replace(".text_model.", ".");
  }

  /** By a gradient's norm, and its product with a vector that no two of its numbers may change places in. */
  private static void compare(Learner learner, Map<String, double[]> expected, String loss) {
    float[] losses = learner.out("loss").toFloats();
    for (int n = 0; n < losses.length; n++) {
      assertThat((double) losses[n]).isCloseTo(expected.get(loss)[n], within(1e-4));
    }
    for (String name : learner.parameters().stored().keySet()) {
      float[] gradient = learner.parameters().tensor(learner.lastGradients(), name).toFloats();
      double norm = 0;
      double product = 0;
      for (int i = 0; i < gradient.length; i++) {
        norm += gradient[i] * (double) gradient[i];
        product += gradient[i] * Math.cos(i);
      }
      double[] reference = expected.get(named(name));
      double tolerance = 1e-3 * reference[0] + 1e-6; // biases of keys have no gradient but rounding's
      assertThat(Math.sqrt(norm)).as(name).isCloseTo(reference[0], within(tolerance));
      assertThat(product).as(name).isCloseTo(reference[1], within(tolerance));
    }
  }

  /** Catches a weight of XL that a whole run leaves as it is, and one that learns something else. */
  @Test
  void shouldBeThoseOfTorchAndDiffusersForAllWeights() throws IOException {
    TextEncoders texts = texts(null);
    Graph network = texts.before(unet(texts), 2, null).graph();
    Map<String, double[]> expected = expected();
    try (Learner learner = learner(network, name -> true, this::weight)) {
      texts.write(TEXTS, learner);
      run(learner);
      compare(learner, expected, "loss");
      Set<String> trained = new TreeSet<>();
      learner.parameters().stored().keySet().forEach(name -> trained.add(named(name)));
      expected.keySet().removeIf(name -> name.endsWith("loss") || name.endsWith(LearnedRows.WEIGHT));
      assertThat(trained).isEqualTo(new TreeSet<>(expected.keySet()));
    }
  }

  /** Catches rows of one encoder that the other's tokens find, and a pooled text that is read at the new word. */
  @Test
  void shouldBeThoseOfTorchAndDiffusersForALearnedWord() throws IOException {
    TextEncoders plain = texts(null);
    TextEncoders texts = plain.learning("<toy>", 2);
    Graph network = texts.before(unet(texts), 2, null).graph();
    Map<String, Tensor> tables = new HashMap<>();
    for (TextEncoders.Embeddings each : plain.embeddings("red")) {
      long width = components.get(each.component()).tensor(each.table()).shape().dim(1);
      tables.put(each.component() + "." + each.table(), new AppendedRows(components.get(each.component()),
          each.table(), Tensor.allocate(DType.F32, Shape.of(1, width))).tensor(each.table()));
      float[] rows = new float[Math.toIntExact(2 * width)];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = (float) (Math.cos(i) / 10);
      }
      tables.put(each.component() + "." + LearnedRows.WEIGHT, Tensor.ofFloats(rows, 2, width));
    }
    try (Learner learner = learner(network, name -> name.endsWith(LearnedRows.WEIGHT),
        name -> tables.containsKey(name) ? tables.get(name) : weight(name))) {
      texts.write(new String[] {"a <toy> ar", TEXTS[1]}, learner);
      for (String suffix : new String[] {"", "_2"}) {
        long[] ids = longs(given.tensor("input_ids" + suffix));
        ids[2] = ids[3] = 764; // the row of zeros
        assertThat(longs(learner.in("input_ids" + suffix).read())).isEqualTo(ids);
        assertThat(Arrays.copyOf(longs(learner.in("learned_ids" + suffix).read()), 6)).containsExactly(0, 0, 1, 2, 0,
            0);
      }
      run(learner);
      assertThat(learner.parameters().stored()).hasSize(2);
      compare(learner, expected(), "learned.loss");
    }
  }

  private static long[] longs(Tensor tensor) {
    return Arrays.stream(tensor.data().toArray(java.lang.foreign.ValueLayout.JAVA_LONG)).toArray();
  }
}
