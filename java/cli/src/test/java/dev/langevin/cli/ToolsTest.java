package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolsTest {

  private static final String WEIGHTS = "unet/diffusion_pytorch_model.safetensors";

  @TempDir
  private Path folder;

  private Path model(float value) throws IOException {
    Path model = folder.resolve("model");
    Files.createDirectories(model.resolve("unet"));
    Files.writeString(model.resolve("model_index.json"), "{}");
    Files.writeString(model.resolve("unet/config.json"), "{\"a\": 1}");
    SafetensorsWriter.write(model.resolve(WEIGHTS), Map.of("w", Shape.of(2, 3)), DType.F32, Map.of(),
        (name, shape, first, chunk, count) -> {
          for (int i = 0; i < count; i++) {
            chunk[i] = value * (first + i);
          }
        });
    return model;
  }

  @Test
  void shouldCopyAModelInHalfPrecision() throws IOException {
    Path copy = folder.resolve("copy");
    assertThat(run("convert", model(0.1f).toString(), "--out", copy.toString()).code()).isZero();
    assertThat(copy.resolve("unet/config.json")).hasContent("{\"a\": 1}");
    assertThat(copy.resolve("model_index.json")).exists();
    try (SafetensorsFile file = SafetensorsFile.open(copy.resolve(WEIGHTS))) {
      assertThat(file.tensor("w").dtype()).isEqualTo(DType.F16);
      for (int i = 0; i < 6; i++) {
        assertThat(file.tensor("w").toFloats()[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(0.1f * i)));
      }
    }
    assertThat(run("convert", copy.toString(), "--out", copy.toString()).err())
        .contains("is not empty; name a new folder");
  }

  /** Catches factors that are lost on the way, or written beside weights that hold them already. */
  @Test
  void shouldCopyWhatNumbersOfEightBitsStandFor() throws IOException {
    Path model = model(1);
    Map<String, Shape> shapes = Map.of("w.weight", Shape.of(2, 3), "w.weight_scale", Shape.of(2));
    SafetensorsWriter.write(model.resolve(WEIGHTS), shapes, Float8.F8_E4M3, Map.of(),
        (name, shape, first, chunk, count) -> {
          for (int i = 0; i < count; i++) {
            chunk[i] = 1 + first + i; // 1 to 6, and the factors 1 and 2
          }
        });
    Path copy = folder.resolve("copy");
    assertThat(run("convert", model.toString(), "--out", copy.toString(), "--dtype", "f32").code()).isZero();
    try (SafetensorsFile file = SafetensorsFile.open(copy.resolve(WEIGHTS))) {
      assertThat(file.names()).containsExactly("w.weight");
      assertThat(file.tensor("w.weight").dtype()).isEqualTo(DType.F32);
      assertThat(file.tensor("w.weight").toFloats()).containsExactly(1, 2, 3, 8, 10, 12);
    }
  }

  @Test
  void shouldMakeNoModelOfWeightsThatDoNotFit() throws IOException {
    Path copy = folder.resolve("copy");
    Outcome outcome = run("convert", model(30000).toString(), "--out", copy.toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("w has a 90000.0, which is too large for f16; keep f32");
    assertThat(copy.resolve(WEIGHTS)).doesNotExist();
    assertThat(copy.resolve("model_index.json")).doesNotExist();
    assertThat(run("convert", copy.toString(), "--out", folder.resolve("other").toString()).err())
        .contains("copy: there is no such file or folder");
  }

  @Test
  void shouldDrawLossesBesideEachOther() throws IOException {
    Path table = Files.writeString(folder.resolve("a.csv"), "step,loss,seconds\n1,0.5,1\n2,0.4,1\n3,0.2,1\n");
    Path other = Files.writeString(folder.resolve("b.csv"), "step,loss\n1,0.6\n3,0.3\n");
    Path picture = folder.resolve("chart.png");
    assertThat(run("chart", "a=" + table, "b=" + other, "--out", picture.toString()).code()).isZero();
    BufferedImage image = ImageIO.read(picture.toFile());
    assertThat(image.getWidth()).isGreaterThan(600);
    Files.writeString(other, "step,loss\n1,x\n");
    assertThat(run("chart", "b=" + other, "--out", picture.toString()).err())
        .contains("'1,x' has no number in column 2");
    assertThat(run("chart", "b", "--out", picture.toString()).err()).contains("is not NAME=FILE");
  }

  /** Catches a precision that does nothing, and one that spoils the picture. */
  @Test
  void shouldTellWhatBytesCost() {
    Outcome outcome = run("bench", "precision", "--count", "1", "--steps", "2");
    assertThat(outcome.code()).isZero();
    String[] apple =
        outcome.out().lines().filter(line -> line.startsWith("a red apple")).findFirst().orElseThrow().split(" +");
    assertThat(Double.parseDouble(apple[3])).isBetween(1e-4, 0.05); // after one step
    assertThat(Double.parseDouble(apple[5])).isBetween(25.0, 80.0); // decibels
    assertThat(run("generate", "a red apple", "--precision", "int4").err()).contains("int4").contains("INT8");
  }
}
