package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.request.LoadOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Catches names cut at what looks like a weight or a token, and weights taken for a name's end. */
class FileArgumentsTest {

  @TempDir
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    for (String name : new String[] {"a", "b:0.5", "c=d.pt"}) {
      Files.createFile(folder.resolve(name));
    }
  }

  @ParameterizedTest
  @CsvSource({"a, a, 1, 1", "a:0.8, a, 0.8, 0.8", "a:0.8:-.5, a, 0.8, -0.5", "a:1e-1, a, 0.1, 0.1",
      "b:0.5, b:0.5, 1, 1",
      "b:0.5:2, b:0.5, 2, 2", "b:0.5:2:3, b:0.5, 2, 3", "none:2:3, none, 2, 3", "none:x, none:x, 1, 1"})
  void shouldTakeAsMuchForAFileAsThereIs(String argument, String file, double weight, double textWeight) {
    assertThat(FileArguments.lora(folder.resolve(argument).toString()))
        .isEqualTo(new LoadOptions.Lora(folder.resolve(file), weight, textWeight));
  }

  @Test
  void shouldTellATokenFromAName() {
    assertThat(FileArguments.embedding(folder.resolve("c=d.pt").toString()))
        .isEqualTo(new LoadOptions.Embedding(folder.resolve("c=d.pt"), null));
    assertThat(FileArguments.embedding(folder.resolve("c=d.pt") + "=<x=y>"))
        .isEqualTo(new LoadOptions.Embedding(folder.resolve("c=d.pt"), "<x=y>"));
    assertThat(FileArguments.embedding(folder.resolve("a") + "=<x>"))
        .isEqualTo(new LoadOptions.Embedding(folder.resolve("a"), "<x>"));
    assertThat(FileArguments.embedding("none=<x>")).isEqualTo(new LoadOptions.Embedding(Path.of("none"), "<x>"));
  }
}
