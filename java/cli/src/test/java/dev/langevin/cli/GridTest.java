package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.image.PictureFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  @TempDir
  private Path folder;

  /** Catches cells that are exchanged, values that stay from one cell to the next, and a grid without its labels. */
  @Test
  void shouldMakeEachPartAsGenerateDoes() throws IOException {
    Path out = folder.resolve("grid.png");
    Outcome outcome = run("grid", "a cat", "--model", MODEL, "--size", "16x16", "--x", "steps=2,3", "--y",
        "words=cat,\"dog, red\"", "--z", "seed=7-8", "--out", out.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    try (Stream<Path> parts = Files.list(folder.resolve("grid"))) {
      assertThat(parts).hasSize(8);
    }
    for (List<String> cell : List.of(List.of("x1-y1-z1", "a cat", "2", "7"), List.of("x2-y1-z2", "a cat", "3", "8"),
        List.of("x1-y2-z2", "a dog, red", "2", "8"))) {
      Path alone = folder.resolve("alone.png");
      run("generate", cell.get(1), "--model", MODEL, "--size", "16x16", "--steps", cell.get(2), "--seed", cell.get(3),
          "--out", alone.toString());
      assertThat(PictureFile.read(folder.resolve("grid").resolve(cell.get(0) + ".png")).samples()).as(cell.get(0))
          .isEqualTo(PictureFile.read(alone).samples());
    }
    assertThat(PictureFile.size(out).width()).isGreaterThan(2 * 16 + 3 * 4);
    assertThat(PictureFile.size(out).height()).isGreaterThan(4 * 16);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "steps=0,5          | steps is '0', must be a number of at least 1",
      "steps=             | has 0 values",
      "steps              | must be an axis and its values",
      "colour=red         | axes are steps, guidance",
      "sampler=nosuch     | there is no sampler nosuch",
      "words=dog,cow      | does not stand in the prompt",
      "lora=0,1           | give its file",
      "model=/no/such     | there is no such file or folder",
      "seed=5-1(+1)       | does not come to its end",
      "size=16            | is not WIDTHxHEIGHT",
      "hires-steps=1,2    | means nothing without --hires-scale",
      "strength=0.5       | means nothing without --init-image"})
  void shouldRefuseAValueBeforeAModelIsLoaded(String axis, String reason) {
    Path out = folder.resolve("none.png");
    Outcome outcome = run("grid", "a cat", "--model", axis.startsWith("model") ? MODEL : "no-such-model-but-a-folder",
        "--x", axis, "--out", out.toString());
    if (!reason.contains("no such file")) {
      assertThat(outcome.err()).doesNotContain("there is no such file or folder");
    }
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines().toList()).singleElement().asString().contains(reason);
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "seed=1-3           | 1;2;3", "seed=3-1           | 3;2;1", "seed=10-50(+20)    | 10;30;50",
      "steps=10-50[3]     | 10;30;50", "seed=-2--1         | -2;-1", "seed=4-4           | 4",
      "words=a, b ,\" c \"  | a;b; c ", "words=\"x \"\"y\"\"\",z   | x \"y\";z", "words=cat,,dog      | cat;;dog"})
  void shouldReadValues(String axis, String values) {
    assertThat(String.join(";", GridAxis.of("--x", axis).values()))
        .isEqualTo(values.equals("a;b; c") ? "a;b; c " : values);
  }

  @Test
  void shouldRefuseAQuotationMarkWithoutItsSecond() {
    assertThatThrownBy(() -> GridAxis.of("--x", "words=\"a,b")).hasMessageContaining("without its second");
  }
}
