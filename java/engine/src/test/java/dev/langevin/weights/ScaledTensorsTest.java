package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Factors beside weights of 8 bits: taken where they are understood, and whoever is not is named. */
class ScaledTensorsTest {

  private static final float[] SIX = {1, 2, -3, 0.5f, 0, 8};

  @TempDir
  private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"weight_scale", "scale_weight", "weight_scale_inv"})
  void shouldMultiplyByEveryKindOfFactor(String name) {
    StoredFile file = file().floats("a." + name, new float[] {0.3f})
        .float8("b.weight", Float8.F8_E5M2, SIX, 2, 3).floats("b." + name, new float[] {3, 5}, 2, 1)
        .float8("c.weight", Float8.F8_E4M3, SIX, 3, 2, 1, 1).floats("c." + name, new float[] {3, 5, 7}, 3);
    try (WeightFile opened = open(file)) {
      assertThat(opened.names()).containsExactly("a.weight", "b.weight", "c.weight");
      assertThat(opened.tensor("a.weight").toFloats()).containsExactly(0.3f, 2 * 0.3f, -3 * 0.3f, 0.5f * 0.3f, 0,
          8 * 0.3f);
      assertThat(opened.tensor("a.weight").encoding().name()).isEqualTo("F8_E4M3 scaled");
      assertThat(opened.tensor("b.weight").toFloats()).containsExactly(3, 6, -9, 2.5f, 0, 40);
      assertThat(opened.tensor("c.weight").toFloats()).containsExactly(3, 6, -15, 2.5f, 0, 56);
      assertThatThrownBy(() -> opened.tensor("a." + name)).hasMessageContaining("no tensor of its own");
    }
  }

  @Test
  void shouldScaleBlocks() {
    float[] values = new float[129 * 130];
    Arrays.fill(values, 2);
    StoredFile file = new StoredFile().float8("a.weight", Float8.F8_E4M3, values, 129, 130)
        .floats("a.weight_scale_inv", new float[] {1, 3, 5, 7}, 2, 2);
    try (WeightFile opened = open(file)) {
      float[] decoded = opened.tensor("a.weight").toFloats();
      assertThat(decoded[0]).isEqualTo(2);
      assertThat(decoded[128]).isEqualTo(6);
      assertThat(decoded[128 * 130 + 127]).isEqualTo(10);
      assertThat(decoded[128 * 130 + 128]).isEqualTo(14);
    }
  }

  /** What concerns products in 8 bits, and what says again what the tensors say. */
  @Test
  void shouldNotTakeNotesForWeights() {
    StoredFile file = file().floats("a.scale_input", new float[] {0.1f})
        .codes("scaled_fp8", Float8.F8_E4M3, new byte[0], 0)
        .codes("x.scaled_fp8", Float8.F8_E5M2, new byte[2], 2).text("a.comfy_quant", "{\"format\": \"float8_e4m3fn\"}")
        .metadata("_quantization_metadata",
            "{\"layers\": {\"a\": {\"format\": \"float8_e4m3fn\", \"full_precision_matrix_mult\": true}}}");
    try (WeightFile opened = open(file)) {
      assertThat(opened.names()).containsExactly("a.weight");
      assertThat(opened.tensor("a.weight").toFloats()).isEqualTo(SIX);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "a.weight_scale_2 | 1 | 'a.weight_scale_2' lies beside a weight of F8_E4M3 and is not understood",
      "a.output_scale | 1 | 'a.output_scale' lies beside",
      "a.quant_state | 1 | 'a.quant_state' lies beside",
      "b.weight_scale | 1 | 'b.weight_scale' is there, but no 'b.weight'",
      "a.weight_scale | 3 | 'a.weight_scale' is F32[3], must be floating-point, and of 'a.weight', which is [2, 3], one"
          + " number, one a row",
      "a.weight_scale_inv | 0 | or one a block of 128 x 128"})
  void shouldNameWhatIsNotUnderstood(String name, int count, String reason) {
    assertThatThrownBy(() -> open(file().floats(name, new float[count], count)).close())
        .isInstanceOf(WeightsException.class).hasMessageContaining("w.safetensors").hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "{\"format\": \"nvfp4\"} | known are the formats [float8_e4m3fn, float8_e5m2]",
      "{\"format\": \"float8_e4m3fn\", \"convrot\": true} | without further settings",
      "{\"format\": \"float8_e5m2\"} | but the tensor is F8_E4M3",
      "{} | but the tensor is F8_E4M3",
      "{ | is not JSON"})
  void shouldNameAFormatThatIsNotUnderstood(String note, String reason) {
    assertThatThrownBy(() -> open(file().text("a.comfy_quant", note)).close()).isInstanceOf(WeightsException.class)
        .hasMessageContaining("a.comfy_quant").hasMessageContaining(reason);
    String all = "{\"layers\": {\"a\": " + note + "}}";
    assertThatThrownBy(() -> open(file().metadata("_quantization_metadata", all)).close())
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("_quantization_metadata").hasMessageContaining(reason);
  }

  @Test
  void shouldRefuseFactorsOfIntegersAndSecondOnes() {
    assertThatThrownBy(() -> open(
        new StoredFile().codes("a.weight", DType.I8, new byte[6], 2, 3).floats("a.weight_scale", new float[1])).close())
            .hasMessageContaining("'a.weight' is I8, which it is not known how to scale");
    assertThatThrownBy(
        () -> open(file().floats("a.weight_scale", new float[1]).floats("a.scale_weight", new float[1])).close())
            .hasMessageContaining("'a.weight' has factors twice");
    assertThatThrownBy(() -> open(file().text("a.weight_scale", "1")).close())
        .hasMessageContaining("is U8[1], must be floating-point");
  }

  /** Names that have a scale in them and belong to a network stay its own. */
  @Test
  void shouldLeaveOtherTensorsAlone() {
    StoredFile file =
        file().floats("b.weight", SIX, 6).floats("b.layer_scale", SIX, 6).floats("logit_scale", new float[] {1});
    try (WeightFile opened = open(file)) {
      assertThat(opened.names()).containsExactly("a.weight", "b.weight", "b.layer_scale", "logit_scale");
      assertThat(opened).isInstanceOf(SafetensorsFile.class);
    }
  }

  /** Catches a shard that is read for itself: names are sorted over the shards, so factors end up in another. */
  @Test
  void shouldFindFactorsInAnotherShard() throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"a.weight\": \"1.safetensors\","
            + " \"a.weight_scale\": \"2.safetensors\"}}");
    file().write(folder.resolve("1.safetensors"));
    new StoredFile().floats("a.weight_scale", new float[] {4}, 1).write(folder.resolve("2.safetensors"));
    try (ModelWeights weights = ModelWeights.open(folder)) {
      assertThat(weights.names()).containsExactly("a.weight");
      assertThat(weights.tensor("a.weight").toFloats()).containsExactly(4, 8, -12, 2, 0, 32);
      weights.requireFit(Map.of("a.weight", Shape.of(2, 3)));
      assertThat(weights.notFinite()).isEmpty();
    }
  }

  /** Queries, keys and values of one matrix, each with its rows' factors; a matrix that lies turned round. */
  @Test
  void shouldKeepEachRowsFactorInOtherForms() {
    StoredFile file = new StoredFile().float8("a.weight", Float8.F8_E4M3, SIX, 3, 2).floats("a.weight_scale",
        new float[] {3, 5, 7}, 3);
    try (WeightFile opened = open(file)) {
      assertThat(KeyTable.inForm(opened.tensor("a.weight"), KeyTable.Form.SECOND_THIRD, "a").toFloats())
          .containsExactly(-15, 2.5f);
      assertThat(KeyTable.inForm(opened.tensor("a.weight"), KeyTable.Form.LAST_THIRD, "a").toFloats())
          .containsExactly(0, 56);
      assertThat(KeyTable.inForm(opened.tensor("a.weight"), KeyTable.Form.TRANSPOSED, "a").toFloats())
          .containsExactly(3, -15, 0, 6, 2.5f, 56);
    }
  }

  /** Whatever is cut off a file, it is refused and no byte beyond it is read. */
  @Property(tries = 200)
  void shouldRefuseACutFile(@ForAll @IntRange(min = 0, max = 100_000) int left) throws IOException {
    Path whole = file().floats("a.weight_scale", new float[] {1}, 1)
        .write(Files.createTempDirectory("cut").resolve("w.safetensors"));
    byte[] bytes = Files.readAllBytes(whole);
    Files.write(whole, Arrays.copyOf(bytes, left % bytes.length));
    assertThatThrownBy(() -> WeightFile.open(whole).close()).isInstanceOf(WeightsException.class)
        .hasMessageContaining(whole.toString());
    Files.delete(whole);
    Files.delete(whole.getParent());
  }

  private static StoredFile file() {
    return new StoredFile().float8("a.weight", Float8.F8_E4M3, SIX, 2, 3);
  }

  private WeightFile open(StoredFile file) {
    return WeightFile.open(file.write(folder.resolve("w.safetensors")));
  }
}
