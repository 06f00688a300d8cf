package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.tensor.DType;
import dev.langevin.weights.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedModelTest {

  /** A Stable Diffusion pipeline as diffusers saved it. */
  private static final Path REFERENCE = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir
  private Path folder;

  @Test
  void shouldLieAsDiffusersSavesAPipeline() throws IOException {
    Path model = EmbeddedModel.EMOJI.unpack();
    TreeSet<String> expected = files(REFERENCE);
    expected.add("tokenizer/special_tokens_map.json");
    assertThat(files(model)).isEqualTo(expected);
    JsonNode index = json(model, "model_index.json");
    JsonNode referenceIndex = json(REFERENCE, "model_index.json");
    for (String name : new String[] {"_class_name", "unet", "vae", "text_encoder", "tokenizer"}) {
      assertThat(index.path(name)).as(name).isEqualTo(referenceIndex.path(name));
    }
    for (String component : new String[] {"unet", "vae", "text_encoder"}) {
      JsonNode config = json(model, component + "/config.json");
      JsonNode reference = json(REFERENCE, component + "/config.json");
      assertThat(config.path("_class_name")).isEqualTo(reference.path("_class_name"));
      assertThat(keys(reference)).as(component).containsAll(keys(config));
    }
  }

  /** Numbers of blocks aside; so a tensor that is missing, or one that diffusers does not know, shows. */
  @Test
  void shouldNameItsWeightsAsDiffusersDoes() throws IOException {
    Path model = EmbeddedModel.EMOJI.unpack();
    for (String file : new String[] {"unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model",
        "text_encoder/model"}) {
      Map<String, Integer> reference = ranks(REFERENCE.resolve(file + ".safetensors"), null);
      Map<String, Integer> ours = ranks(model.resolve(file + ".safetensors"), DType.F16);
      assertThat(reference).as(file).containsAllEntriesOf(ours);
    }
    assertThat(Files.size(model.resolve("unet/diffusion_pytorch_model.safetensors"))
        + Files.size(model.resolve("vae/diffusion_pytorch_model.safetensors"))
        + Files.size(model.resolve("text_encoder/model.safetensors"))).isLessThan(32_000_000);
  }

  @Test
  void shouldMakeAPictureOfAText() throws IOException {
    Path picture = folder.resolve("apple.png");
    assertThat(run("generate", "a red apple", "--out", picture.toString()).code()).isZero();
    BufferedImage image = ImageIO.read(picture.toFile());
    assertThat(image.getWidth()).isEqualTo(64);
    double[] mean = new double[3];
    for (int y = 20; y < 44; y++) {
      for (int x = 20; x < 44; x++) {
        for (int c = 0; c < 3; c++) {
          mean[c] += (image.getRGB(x, y) >> 16 - 8 * c & 255) / 576.0;
        }
      }
    }
    assertThat(mean[0]).as("red of red, green and blue").isGreaterThan(mean[1] + 60).isGreaterThan(mean[2] + 60);
    assertThat(image.getRGB(1, 1) & 255).as("a white corner").isGreaterThan(220);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "((((", "🍎", "a (red:99) apple", "\u0000\uffff\ud800", "x y", "BREAK BREAK", "日本の旗",
      "<|endoftext|>"})
  void shouldBeCrashedByNoPrompt(String prompt) {
    assertThat(run("generate", prompt, "--steps", "1", "--out", folder.resolve("any.png").toString()).code()).isZero();
  }

  @Test
  void shouldReadALongPrompt() {
    assertThat(
        run("generate", "a red apple and ".repeat(100), "--steps", "1", "--out", folder.resolve("any.png").toString())
            .code()).isZero();
  }

  private static TreeSet<String> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).map(file -> root.relativize(file).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static JsonNode json(Path root, String name) throws IOException {
    return JSON.readTree(root.resolve(name).toFile());
  }

  private static TreeSet<String> keys(JsonNode object) {
    TreeSet<String> keys = new TreeSet<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** Ranks of tensors by name, with {@code #} for numbers. */
  private static Map<String, Integer> ranks(Path file, DType dtype) {
    Map<String, Integer> ranks = new TreeMap<>();
    try (SafetensorsFile weights = SafetensorsFile.open(file)) {
      for (String name : weights.names()) {
        assertThat(dtype == null || weights.tensor(name).dtype() == dtype).isTrue();
        ranks.put(name.replaceAll("\\d+", "#"), weights.tensor(name).shape().rank());
      }
    }
    return ranks;
  }
}
