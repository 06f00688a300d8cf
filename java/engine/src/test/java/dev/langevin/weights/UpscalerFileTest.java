package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is no upscaling network is refused in one sentence; TensorFlow.js' kernels are turned. */
class UpscalerFileTest {

  @TempDir
  private Path folder;

  private void model(String weights, int floats) throws IOException {
    Files.writeString(folder.resolve("model.json"),
        "{\"weightsManifest\": [{\"paths\": [\"w.bin\"], \"weights\": [" + weights + "]}]}");
    ByteBuffer bytes = ByteBuffer.allocate(4 * floats).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < floats; i++) {
      bytes.putFloat(i);
    }
    Files.write(folder.resolve("w.bin"), bytes.array());
  }

  private static String weight(String name, String shape, String dtype) {
    return "{\"name\": \"" + name + "\", \"shape\": " + shape + ", \"dtype\": \"" + dtype + "\"}";
  }

  @Test
  void shouldTurnKernels() throws IOException {
    model(weight("F_m1/kernel", "[1, 2, 3, 2]", "float32") + ", " + weight("F_m1/bias", "[2]", "float32"), 14);
    try (UpscalerFile file = UpscalerFile.open(folder)) {
      assertThat(file.kind()).isEqualTo(UpscalerFile.Kind.SLIM);
      assertThat(file.tensor("F_m1.weight").shape()).isEqualTo(Shape.of(2, 3, 1, 2));
      assertThat(file.tensor("F_m1.weight").toFloats()).containsExactly(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11);
      assertThat(file.tensor("F_m1.bias").toFloats()).containsExactly(12, 13);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "[9]     | float32 | 2 | is not within its file",
      "[1]     | float32 | 2 | hold 8 bytes, its weights take 4",
      "[2]     | uint8   | 2 | plain float32",
      "[0]     | float32 | 2 | is not within its file",
      "[-2]    | float32 | 2 | is not within its file",
      "[65536, 65536, 65536, 65536, 65536] | float32 | 2 | is not within its file"})
  void shouldRefuseWhatDoesNotFit(String shape, String dtype, int floats, String reason) throws IOException {
    model(weight("F_m1/bias", shape, dtype), floats);
    assertThatThrownBy(() -> UpscalerFile.open(folder)).isInstanceOf(WeightsException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void shouldReadNoFileFromElsewhere() throws IOException {
    Files.writeString(folder.resolve("model.json"),
        "{\"weightsManifest\": [{\"paths\": [\"../secret\"], \"weights\": []}]}");
    assertThatThrownBy(() -> UpscalerFile.open(folder)).hasMessageContaining("does not lie beside it");
  }

  @Test
  void shouldNameWhatItKnowsWhereANetworkIsAnother() throws IOException {
    model(weight("dense/bias", "[2]", "float32"), 2);
    assertThatThrownBy(() -> UpscalerFile.open(folder)).hasMessageContaining("no network that makes pictures larger")
        .hasMessageContaining("dense.bias");
  }
}
