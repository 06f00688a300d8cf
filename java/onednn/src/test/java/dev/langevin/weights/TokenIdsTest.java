package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.pipeline.Pipelines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids that no encoder has a row for would be read beyond its table. */
class TokenIdsTest {

  private static final Path MODEL = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  @TempDir
  private Path folder;

  @BeforeEach
  void copy() throws IOException {
    try (Stream<Path> paths = Files.walk(MODEL)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        Path target = folder.resolve(MODEL.relativize(path).toString());
        Files.createDirectories(target.getParent());
        Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private void write(String file, String before, String after) throws IOException {
    Path path = folder.resolve("tokenizer").resolve(file);
    String text = Files.exists(path) ? Files.readString(path) : before;
    Files.writeString(path, text.replaceFirst(before, after));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2147483647", "2147483648", "9223372036854775808", "-1", "1.5", "null", "\"7\"", "4194304"})
  void shouldRefuseAnIdBeyondAnyVocabulary(String id) throws IOException {
    write("vocab.json", "\\{", "{\"odd\\\\u001btoken\": " + id + ",");
    assertThatThrownBy(() -> Pipelines.open(folder)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("vocab.json: the id of 'odd").hasMessageContaining("must be a whole number from 0 to");
  }

  @Test
  void shouldRefuseAnIdBeyondTheEncodersTable() throws IOException {
    write("vocab.json", "\\{", "{\"odd\": 5000,");
    assertThatThrownBy(() -> Pipelines.open(folder)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("token 'odd' has the id 5000, the encoder's vocab_size is 764");
  }

  @Test
  void shouldRefuseAnAddedTokenBeyondTheEncodersTable() throws IOException {
    write("added_tokens.json", "", "{\"<odd>\": 764}");
    assertThatThrownBy(() -> Pipelines.open(folder)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("token '<odd>' has the id 764, the encoder's vocab_size is 764");
  }

  @Test
  void shouldRefuseAPairOfUnknownSymbols() throws IOException {
    Path merges = folder.resolve("tokenizer/merges.txt");
    Files.writeString(merges, Files.readString(merges) + "\nzq xj\n");
    assertThatThrownBy(() -> Pipelines.open(folder)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("merges.txt: the pair 'zq xj' needs the symbol 'zq'");
  }
}
