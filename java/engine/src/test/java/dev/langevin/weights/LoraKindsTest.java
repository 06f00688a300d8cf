package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of update against its formula, written out element by element. */
class LoraKindsTest {

  private static final int OUT = 6;
  private static final int IN = 4;
  private static final int TAPS = 9;

  @TempDir
  private Path folder;

  private final Random random = new Random(1);
  private final Map<String, float[]> values = new HashMap<>();
  private final StoredFile file = new StoredFile();

  private final float[] linear = draw(OUT * IN);
  private final float[] conv = draw(OUT * IN * TAPS);
  private final float[] bias = draw(OUT);

  /** A linear layer, a convolution and a bias. */
  private final Map<String, NamedTensors> model = Map.of("unet", new GivenTensors(Map.of(
      "mid.weight", Tensor.ofFloats(linear, OUT, IN), "conv.weight", Tensor.ofFloats(conv, OUT, IN, 3, 3),
      "mid.bias", Tensor.ofFloats(bias, OUT))));

  private float[] draw(int count) {
    float[] drawn = new float[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = random.nextFloat(-1, 1);
    }
    return drawn;
  }

  /** A tensor of the file, of values drawn. */
  private float[] put(String name, long... dims) {
    float[] drawn = draw((int) Arrays.stream(dims).reduce(1, (a, b) -> a * b));
    file.floats("lora_unet_" + name, drawn, dims);
    return drawn;
  }

  private void alpha(String layer, float alpha) {
    file.floats("lora_unet_" + layer + ".alpha", new float[] {alpha});
  }

  private Tensor merged(String weight, double strength) {
    return merged(weight, strength, false);
  }

  private Tensor merged(String weight, double strength, boolean asComfy) {
    try (LoraFile lora = LoraFile.open(file.write(folder.resolve("lora.safetensors")))) {
      Tensor merged = MergedTensors.merge(model, Map.of(lora, new MergedTensors.Strengths(strength, 0, asComfy)),
          new Findings(Policy.STRICT, told -> {})).get("unet").tensor(weight);
      float[] whole = merged.toFloats();
      // what is asked for in parts is the same
      int inner = whole.length / merged.shape().intDim(0);
      for (int row = 0; row < merged.shape().intDim(0) && merged.shape().rank() > 1; row++) {
        assertThat(merged.row(row).toFloats())
            .containsExactly(Arrays.copyOfRange(whole, row * inner, (row + 1) * inner));
      }
      float[] part = new float[whole.length - 3];
      merged.copyFloats(2, part.length, MemorySegment.ofArray(part));
      assertThat(part).containsExactly(Arrays.copyOfRange(whole, 2, whole.length - 1));
      return Tensor.ofFloats(whole, merged.shape().dims());
    }
  }

  private static void assertClose(Tensor actual, double[] expected) {
    float[] values = actual.toFloats();
    assertThat(values).hasSize(expected.length);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i]).as("element " + i).isCloseTo(expected[i], within(2e-6));
    }
  }

  /** (rows, inner) x (inner, columns). */
  private static double[] product(double[] a, double[] b, int inner) {
    int rows = a.length / inner;
    int columns = b.length / inner;
    double[] product = new double[rows * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        for (int i = 0; i < inner; i++) {
          product[r * columns + c] += a[r * inner + i] * b[i * columns + c];
        }
      }
    }
    return product;
  }

  private static double[] product(float[] a, float[] b, int inner) {
    return product(doubles(a), doubles(b), inner);
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  private static double[] sum(float[] weight, double factor, double[] delta) {
    double[] sum = new double[weight.length];
    Arrays.setAll(sum, i -> weight[i] + factor * delta[i]);
    return sum;
  }

  /** sum over a, b of up (a, O) core (a, b, K) down (b, I). */
  private static double[] tucker(float[] up, float[] core, float[] down, int a, int b, int taps) {
    int out = up.length / a;
    int in = down.length / b;
    double[] result = new double[out * in * taps];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        for (int k = 0; k < taps; k++) {
          for (int p = 0; p < a; p++) {
            for (int q = 0; q < b; q++) {
              result[(o * in + i) * taps + k] +=
                  (double) up[p * out + o] * core[(p * b + q) * taps + k] * down[q * in + i];
            }
          }
        }
      }
    }
    return result;
  }

  @Test
  void shouldMultiplyTheProductsOfLoHa() {
    float[] a1 = put("mid.hada_w1_a", OUT, 2);
    float[] b1 = put("mid.hada_w1_b", 2, IN);
    float[] a2 = put("mid.hada_w2_a", OUT, 2);
    float[] b2 = put("mid.hada_w2_b", 2, IN);
    alpha("mid", 3);
    double[] one = product(a1, b1, 2);
    double[] two = product(a2, b2, 2);
    Arrays.setAll(one, i -> one[i] * two[i]);
    assertClose(merged("mid.weight", 0.5), sum(linear, 0.5 * 3 / 2, one));
  }

  @Test
  void shouldPutLoHasCoresBetween() {
    float[] a1 = put("conv.hada_w1_a", 2, OUT);
    float[] b1 = put("conv.hada_w1_b", 2, IN);
    float[] t1 = put("conv.hada_t1", 2, 2, 3, 3);
    float[] a2 = put("conv.hada_w2_a", 2, OUT);
    float[] b2 = put("conv.hada_w2_b", 2, IN);
    float[] t2 = put("conv.hada_t2", 2, 2, 3, 3);
    double[] one = tucker(a1, t1, b1, 2, 2, TAPS);
    double[] two = tucker(a2, t2, b2, 2, 2, TAPS);
    Arrays.setAll(one, i -> one[i] * two[i]);
    assertClose(merged("conv.weight", 1), sum(conv, 1, one));
  }

  private static double[] kronecker(float[] first, double[] second, int columns1, int columns2) {
    int rows1 = first.length / columns1;
    int rows2 = second.length / columns2;
    double[] result = new double[first.length * second.length];
    for (int r1 = 0; r1 < rows1; r1++) {
      for (int r2 = 0; r2 < rows2; r2++) {
        for (int c1 = 0; c1 < columns1; c1++) {
          for (int c2 = 0; c2 < columns2; c2++) {
            result[(r1 * rows2 + r2) * columns1 * columns2 + c1 * columns2 + c2] =
                first[r1 * columns1 + c1] * second[r2 * columns2 + c2];
          }
        }
      }
    }
    return result;
  }

  /** Catches alpha of two whole factors taken for a factor, as it stands in files. */
  @Test
  void shouldTakeNoAlphaForTwoWholeFactorsOfLoKr() {
    float[] first = put("mid.lokr_w1", 3, 2);
    float[] second = put("mid.lokr_w2", 2, 2);
    alpha("mid", 1e10f);
    assertClose(merged("mid.weight", -1), sum(linear, -1, kronecker(first, doubles(second), 2, 2)));
  }

  @Test
  void shouldMultiplyOutLoKrsFactors() {
    float[] first = put("mid.lokr_w1", 2, 2);
    float[] a2 = put("mid.lokr_w2_a", 3, 1);
    float[] b2 = put("mid.lokr_w2_b", 1, 2);
    alpha("mid", 2);
    assertClose(merged("mid.weight", 1), sum(linear, 2, kronecker(first, product(a2, b2, 1), 2, 2)));
  }

  @Test
  void shouldPutLoKrsCoreBetween() {
    float[] a1 = put("conv.lokr_w1_a", 3, 1);
    float[] b1 = put("conv.lokr_w1_b", 1, 2);
    float[] a2 = put("conv.lokr_w2_a", 2, 2);
    float[] b2 = put("conv.lokr_w2_b", 2, 2);
    float[] core = put("conv.lokr_t2", 2, 2, 3, 3);
    float[] first = new float[6];
    double[] product = product(a1, b1, 1);
    for (int i = 0; i < 6; i++) {
      first[i] = (float) product[i];
    }
    assertClose(merged("conv.weight", 1),
        sum(conv, 1, kronecker(first, tucker(a2, core, b2, 2, 2, TAPS), 2, 2 * TAPS)));
  }

  /** Catches the wrong axis, the wrong weight's length, and a strength that scales before the length is taken. */
  @ParameterizedTest
  @CsvSource({"dora_scale, 6, 1, false", "dora_scale, 6, 1, true", "dora_scale, 1, 4, false", "dora_scale, 1, 4, true",
      "lora_magnitude_vector, 6, 0, false", "lora_magnitude_vector, 6, 0, true"})
  void shouldBringDoRAsSumToItsLengths(String name, int first, int second, boolean asComfy) {
    float[] up = put("mid.lora_up.weight", OUT, 2);
    float[] down = put("mid.lora_down.weight", 2, IN);
    float[] scale = second == 0 ? put("mid." + name, first) : put("mid." + name, first, second);
    double[] sum = sum(linear, 1, product(up, down, 2));
    boolean rows = first == OUT;
    double[] lengthOf = asComfy && rows && second == 1 ? doubles(linear) : sum;
    double[] expected = new double[sum.length];
    for (int r = 0; r < OUT; r++) {
      for (int c = 0; c < IN; c++) {
        double squares = 0;
        for (int k = 0; k < (rows ? IN : OUT); k++) {
          double value = lengthOf[rows ? r * IN + k : k * IN + c];
          squares += value * value;
        }
        double result = sum[r * IN + c] * scale[rows ? r : c] / Math.sqrt(squares);
        expected[r * IN + c] = linear[r * IN + c] + 0.5 * (result - linear[r * IN + c]);
      }
    }
    assertClose(merged("mid.weight", 0.5, asComfy), expected);
  }

  @Test
  void shouldMultiplyTheWeightByGLoRA() {
    float[] a1 = put("mid.a1.weight", IN, 3);
    float[] a2 = put("mid.a2.weight", 3, IN);
    float[] b1 = put("mid.b1.weight", OUT, 3);
    float[] b2 = put("mid.b2.weight", 3, IN);
    alpha("mid", 1);
    double[] delta = product(product(linear, a1, IN), doubles(a2), 3);
    double[] added = product(b1, b2, 3);
    Arrays.setAll(delta, i -> delta[i] + added[i]);
    assertClose(merged("mid.weight", 0.5), sum(linear, 0.5 / 3, delta));
  }

  /** Catches a kernel's taps mixed up, and LyCORIS's former order of the factors. */
  @Test
  void shouldMultiplyEachTapByGLoRA() {
    float[] a1 = put("conv.a1.weight", IN, 2);
    float[] a2 = put("conv.a2.weight", 2, IN);
    float[] b1 = put("conv.b1.weight", OUT, 2);
    float[] b2 = put("conv.b2.weight", 2, IN, 3, 3);
    double[] delta = product(b1, b2, 2);
    double[] through = product(a1, a2, 2); // (I, J)
    for (int o = 0; o < OUT; o++) {
      for (int j = 0; j < IN; j++) {
        for (int k = 0; k < TAPS; k++) {
          for (int i = 0; i < IN; i++) {
            delta[(o * IN + j) * TAPS + k] += conv[(o * IN + i) * TAPS + k] * through[i * IN + j];
          }
        }
      }
    }
    assertClose(merged("conv.weight", 1), sum(conv, 1, delta));
  }

  @Test
  void shouldReadGLoRAsFormerOrder() {
    float[] a2 = put("mid.a2.weight", IN, 3);
    float[] a1 = put("mid.a1.weight", 3, IN);
    float[] b2 = put("mid.b2.weight", OUT, 3);
    float[] b1 = put("mid.b1.weight", 3, IN);
    double[] delta = product(product(linear, a2, IN), doubles(a1), 3);
    double[] added = product(b2, b1, 3);
    Arrays.setAll(delta, i -> delta[i] + added[i]);
    assertClose(merged("mid.weight", 1), sum(linear, 1, delta));
  }

  /** In two dimensions the rotation's angle is twice the arc tangent: catches it turned the other way. */
  @Test
  void shouldRotateBlocksOfRowsByOft() {
    double q = 0.25;
    file.floats("lora_unet_mid.oft_blocks", new float[] {0, (float) q, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 3, 2, 2);
    float[] scale = put("mid.rescale", OUT, 1);
    double cos = Math.cos(2 * Math.atan(q));
    double sin = Math.sin(2 * Math.atan(q));
    double[] rotated = doubles(linear);
    for (int c = 0; c < IN; c++) {
      rotated[c] = cos * linear[c] - sin * linear[IN + c];
      rotated[IN + c] = sin * linear[c] + cos * linear[IN + c];
    }
    for (int i = 0; i < rotated.length; i++) {
      rotated[i] = linear[i] + 0.5 * (rotated[i] * scale[i / IN] - linear[i]);
    }
    assertClose(merged("mid.weight", 0.5), rotated);
  }

  /** Catches a constraint that is not kept, and an inverse that needs its pivots: the transpose must undo it. */
  @Test
  void shouldTurnByOrthogonalMatricesOnly() {
    double[] turn = Rotations.of(draw(25), 5, 0)[0];
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 5; j++) {
        double dot = 0;
        for (int k = 0; k < 5; k++) {
          dot += turn[i * 5 + k] * turn[j * 5 + k];
        }
        Assertions.assertThat(dot).isCloseTo(i == j ? 1 : 0, within(1e-12));
      }
    }
    double[] little = Rotations.of(new float[] {0, 3, 0, 0}, 2, 0.1)[0];
    // Q has a norm of 3 sqrt 2, brought to 0.1
    Assertions.assertThat(little[0]).isCloseTo(Math.cos(2 * Math.atan(0.1 / Math.sqrt(2))), within(1e-7));
  }

  @Test
  void shouldAddWholeDifferences() {
    float[] diff = put("mid.diff", OUT, IN);
    float[] own = put("mid.diff_b", OUT);
    assertClose(merged("mid.weight", 0.5), sum(linear, 0.5, doubles(diff)));
    assertClose(merged("mid.bias", 0.5), sum(bias, 0.5, doubles(own)));
  }

  /** Catches a weight in the old one's place that the strength scales: it would be neither. */
  @Test
  void shouldReplaceAWholeWeight() {
    float[] set = put("mid.set_weight", OUT, IN);
    assertThat(merged("mid.weight", 0.5).toFloats()).containsExactly(set);
    assertThat(merged("mid.weight", 0).toFloats()).containsExactly(linear);
  }

  /** Catches the second of two updates that is made of the model's weight in place of the first one's. */
  @Test
  void shouldGoOnFromTheFileBefore() {
    float[] diff = put("mid.diff", OUT, IN);
    Path first = file.write(folder.resolve("first.safetensors"));
    Path second = new StoredFile().floats("lora_unet_mid.oft_blocks", new float[12], 3, 2, 2)
        .floats("lora_unet_mid.rescale", new float[] {2, 2, 2, 2, 2, 2}, OUT, 1)
        .write(folder.resolve("second.safetensors"));
    try (LoraFile one = LoraFile.open(first); LoraFile two = LoraFile.open(second)) {
      Map<LoraFile, MergedTensors.Strengths> files = new java.util.LinkedHashMap<>();
      files.put(one, new MergedTensors.Strengths(1, 0));
      files.put(two, new MergedTensors.Strengths(1, 0));
      double[] expected = sum(linear, 1, doubles(diff));
      Arrays.setAll(expected, i -> 2 * expected[i]);
      assertClose(MergedTensors.merge(model, files, new Findings(Policy.STRICT, told -> {})).get("unet")
          .tensor("mid.weight"), expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"oft_diag", "reshape_weight", "bias_values"})
  void shouldNameWhatMeansAChangeAndIsNotRead(String part) {
    put("mid." + part, 3);
    try (LoraFile lora = LoraFile.open(file.write(folder.resolve("lora.safetensors")))) {
      assertThatThrownBy(() -> lora.updates(model)).isInstanceOf(RefusedException.class)
          .hasMessageContaining("the update of mid has [" + part + "], of a kind that is not read");
      assertThat(lora.updates(model, new Findings(Policy.LENIENT, told -> {})).get("unet")).isEmpty();
    }
  }
}
