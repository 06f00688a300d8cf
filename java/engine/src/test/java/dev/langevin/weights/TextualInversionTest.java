package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextualInversionTest {

  @TempDir
  private Path folder;

  private Path write(String name, Map<String, Shape> shapes) {
    Path file = folder.resolve(name);
    SafetensorsWriter.write(file, shapes, DType.F16, Map.of(), (tensor, shape, first, chunk, count) -> {
      for (int i = 0; i < count; i++) {
        chunk[i] = first + i;
      }
    });
    return file;
  }

  @Test
  void shouldTakeTheTokenFromTheTensorsName() {
    Map<String, Map<String, Tensor>> read =
        TextualInversion.read(write("learned_embeds.safetensors", Map.of("<toy>", Shape.of(3))), null);
    assertThat(read.keySet()).containsExactly("text_encoder");
    assertThat(read.get("text_encoder").keySet()).containsExactly("<toy>");
    assertThat(read.get("text_encoder").get("<toy>").shape()).isEqualTo(Shape.of(1, 3));
    assertThat(read.get("text_encoder").get("<toy>").toFloats()).containsExactly(0, 1, 2);
  }

  @Test
  void shouldNameAWebUisTokenByItsFileOrAsItIsTold() {
    Path file = write("bad.hands.safetensors", Map.of("emb_params", Shape.of(2, 3)));
    assertThat(TextualInversion.read(file, null).get("text_encoder").keySet()).containsExactly("bad.hands");
    assertThat(TextualInversion.read(file, "<x>").get("text_encoder").get("<x>").shape()).isEqualTo(Shape.of(2, 3));
  }

  /** Catches the pair of an SDXL token given to one encoder. */
  @Test
  void shouldGiveEachOfSdxlsEncodersItsVectors() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("clip_g", Shape.of(2, 5));
    shapes.put("clip_l", Shape.of(2, 3));
    Map<String, Map<String, Tensor>> read = TextualInversion.read(write("toy.safetensors", shapes), null);
    assertThat(read.get("text_encoder").get("toy").shape()).isEqualTo(Shape.of(2, 3));
    assertThat(read.get("text_encoder_2").get("toy").shape()).isEqualTo(Shape.of(2, 5));
  }

  /** As web UIs save them: the vectors in a dict of a dict, the trainer's notes beside it. */
  @Test
  void shouldReadAWebUisPickle() throws IOException {
    TorchFiles pickle = TorchFiles.pickle().ops("}(").text("string_to_token").ops("}").text("*").number(265).ops("s")
        .text("string_to_param").ops("}").text("*")
        .tensor("FloatStorage", "0", 6, 0, new int[] {2, 3}, new int[] {3, 1}).ops("s")
        .text("name").text("toy").text("step").number(500).ops("u");
    Path file = folder.resolve("my-toy.pt");
    Files.write(file, TorchFiles.checkpoint(pickle.bytes(), Map.of("0", new float[] {0, 1, 2, 3, 4, 5})));
    Tensor vectors = TextualInversion.read(file, null).get("text_encoder").get("my-toy");
    assertThat(vectors.shape()).isEqualTo(Shape.of(2, 3));
    assertThat(vectors.toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void shouldRefuseWhatHoldsNoToken() {
    assertThatThrownBy(
        () -> TextualInversion.read(write("a.safetensors", Map.of("x", Shape.of(3), "y", Shape.of(3))), null))
            .isInstanceOf(WeightsException.class).hasMessageContaining("holds no learned token");
    assertThatThrownBy(() -> TextualInversion.read(write("b.safetensors", Map.of("x", Shape.of(1, 2, 3))), null))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("the tensor 'x' is F16[1, 2, 3], a learned token's must be");
  }

  /** Catches rows that take the place of others, and ones of another width written over the table's end. */
  @Test
  void shouldAppendRowsToATable() {
    try (SafetensorsFile table = SafetensorsFile.open(write("table.safetensors", Map.of("table", Shape.of(2, 3))))) {
      NamedTensors longer = new AppendedRows(table, "table", Tensor.ofFloats(new float[] {7, 8, 9}, 1, 3));
      assertThat(longer.tensor("table").toFloats()).containsExactly(0, 1, 2, 3, 4, 5, 7, 8, 9);
      longer.requireFit(Map.of("table", Shape.of(3, 3)));
      assertThatThrownBy(() -> longer.requireFit(Map.of("table", Shape.of(2, 3)))).isInstanceOf(WeightsException.class);
      assertThat(new AppendedRows(table, "table", Tensor.ofFloats(new float[] {7, Float.NaN, 9}, 1, 3)).notFinite())
          .isEqualTo(List.of("table (a learned token)"));
      assertThatThrownBy(() -> new AppendedRows(table, "table", Tensor.ofFloats(new float[] {7, 8}, 1, 2)))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("learned tokens of 2 channels do not fit table of [2, 3]");
    }
  }

  /**
   * Catches a placeholder of the trainer's choice; the file's name is known beside it where web UIs' notation is read.
   */
  @Test
  void shouldReadAPlaceholderOfAnyName() {
    Path path = new StoredFile().floats("string_to_param.<my-tok>", new float[] {1, 2}, 1, 2)
        .floats("string_to_token.<my-tok>", new float[] {1}, 1).write(folder.resolve("gs-100.safetensors"));
    assertThat(TextualInversion.read(path, null).get("text_encoder")).containsOnlyKeys("<my-tok>");
    assertThat(TextualInversion.read(path, "<own>").get("text_encoder")).containsOnlyKeys("<own>");
  }

  @Test
  void shouldReadTwoTokensOfAFile() {
    Path path = new StoredFile().floats("<s0>", new float[] {1, 2}, 2).floats("<s1>", new float[] {3, 4}, 2)
        .write(folder.resolve("two.safetensors"));
    assertThat(TextualInversion.read(path, null).get("text_encoder")).containsOnlyKeys("<s0>", "<s1>");
    assertThatThrownBy(() -> TextualInversion.read(path, "<own>")).isInstanceOf(WeightsException.class)
        .hasMessageContaining("holds the tokens [<s0>, <s1>]");
  }
}
