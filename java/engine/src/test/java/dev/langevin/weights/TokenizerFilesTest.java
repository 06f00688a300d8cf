package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.text.ClipTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies beside a tokenizer's vocabulary: its padding and added tokens. */
class TokenizerFilesTest {

  private static final Path TOKENIZER =
      Path.of("src/test/resources/reference/pipelines_sd/_models/sd1/tokenizer");

  @TempDir
  private Path folder;

  @BeforeEach
  void copy() throws IOException {
    for (String name : new String[] {"vocab.json", "merges.txt"}) {
      Files.copy(TOKENIZER.resolve(name), folder.resolve(name));
    }
  }

  private void write(String name, String json) throws IOException {
    if (json != null) {
      Files.writeString(folder.resolve(name), json.replace('\'', '"'));
    }
  }

  /** Catches a map that is not read, and one that overrules what a later version wrote into the configuration. */
  @ParameterizedTest
  @CsvSource(delimiter = ';', quoteCharacter = '`', value = {
      "{'pad_token': '<|endoftext|>'} ; {'pad_token': '!'} ; !",
      "{'pad_token': '<|endoftext|>'} ; {'pad_token': {'content': '!'}} ; !",
      "{} ; {'pad_token': '!'} ; !",
      "`` ; {'pad_token': '!'} ; !",
      "{'pad_token': '!'} ; {} ; !",
      "{'pad_token': '<|endoftext|>', 'added_tokens_decoder': {}} ; {'pad_token': '!'} ; <|endoftext|>",
      "{'added_tokens_decoder': {}} ; {'pad_token': '!'} ; !",
      "`` ; `` ; <|endoftext|>"})
  void shouldFillUpWithWhatTheFolderSays(String config, String map, String padding) throws IOException {
    write("tokenizer_config.json", config.isEmpty() ? null : config);
    write("special_tokens_map.json", map.isEmpty() ? null : map);
    long[] ids = TokenizerFiles.clip(folder).tokenize("").ids();
    assertThat(ids[ids.length - 1])
        .isEqualTo((long) (Integer) ModelFolder.json(folder.resolve("vocab.json")).get(padding));
  }

  /** Catches added tokens taken apart as other words are. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "added_tokens.json | {'<cat-toy>': 764}",
      "tokenizer_config.json | {'added_tokens_decoder': {'764': {'content': '<cat-toy>'}}}"})
  void shouldKnowAddedTokens(String file, String json) throws IOException {
    write(file, json);
    ClipTokenizer tokenizer = TokenizerFiles.clip(folder);
    assertThat(tokenizer.encode("a <cat-toy>")).contains(764).hasSize(4);
    assertThat(tokenizer.entries()).isEqualTo(765);
    assertThat(tokenizer.with(java.util.Map.of("<other>", java.util.List.of(900))).encode("<other> <cat-toy>"))
        .containsSubsequence(900, 764).hasSize(4);
  }

  @Test
  void shouldReadAddedTokensOfTheWholeFile() throws IOException {
    StringBuilder merges = new StringBuilder();
    for (String line : Files.readAllLines(folder.resolve("merges.txt"))) {
      if (!line.isBlank() && !line.startsWith("#version")) {
        merges.append(merges.isEmpty() ? "" : ",").append(new com.fasterxml.jackson.databind.ObjectMapper()
            .writeValueAsString(line));
      }
    }
    String vocabulary = Files.readString(folder.resolve("vocab.json"));
    Files.delete(folder.resolve("vocab.json"));
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": {\"vocab\": " + vocabulary + ", \"merges\": ["
        + merges + "]}, \"added_tokens\": [{\"id\": 764, \"content\": \"<cat-toy>\"}]}");
    assertThat(TokenizerFiles.clip(folder).encode("<cat-toy>")).contains(764).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{'<odd>': 0} | the added token '<odd>' has the id 0, which is that of '!'",
      "{'!': 7} | the added token '!' has the id 7, which is 0 in the vocabulary"})
  void shouldRefuseAnIdThatIsTaken(String json, String message) throws IOException {
    write("added_tokens.json", json);
    assertThatThrownBy(() -> TokenizerFiles.clip(folder)).isInstanceOf(WeightsException.class)
        .hasMessageContaining(message);
  }
}
