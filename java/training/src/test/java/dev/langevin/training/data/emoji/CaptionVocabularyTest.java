package dev.langevin.training.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.ClipVocabulary;
import dev.langevin.weights.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small vocabulary cuts the words it was made for as CLIP's whole one does, and all others somehow. */
class CaptionVocabularyTest {

  private static final ClipTokenizer CLIP = ClipVocabulary.tokenizer("<|endoftext|>");
  private static final Map<Integer, String> CLIP_SYMBOLS = inverse(ClipVocabulary.symbols(ClipVocabulary.merges()));

  private static final ClipTokenizer APPLE = CaptionVocabulary.of(List.of("a red apple")).tokenizer(32);

  @TempDir
  private Path folder;

  private List<String> captions;

  @BeforeEach
  void collectCaptions() {
    PhraseTable table = new PhraseTable();
    captions = new ArrayList<>(EmojiDataset.prompts());
    table.shortNames().forEach(name -> captions.addAll(table.phrases(name)));
  }

  private static Map<Integer, String> inverse(Map<String, Integer> ids) {
    Map<Integer, String> symbols = new HashMap<>();
    ids.forEach(
        (symbol, id) -> assertThat(symbols.put(id, symbol)).as("another symbol with the id of " + symbol).isNull());
    return symbols;
  }

  /** Catches a merge that is missing, and ids that are not those of vocab.json. */
  @Test
  void shouldCutEveryWordOfTheCaptionsAsClipDoes() throws IOException {
    CaptionVocabulary vocabulary = CaptionVocabulary.of(captions);
    vocabulary.write(folder, 32);
    ClipTokenizer small = TokenizerFiles.clip(folder);
    Map<String, Integer> ids = new HashMap<>();
    new ObjectMapper().readTree(folder.resolve("vocab.json").toFile())
        .forEachEntry((symbol, id) -> ids.put(symbol, id.asInt()));
    Map<Integer, String> symbols = inverse(ids);
    assertThat(symbols.keySet()).hasSize(vocabulary.size()).allMatch(id -> id >= 0 && id < vocabulary.size());
    assertThat(captions).hasSizeGreaterThan(3000)
        .allSatisfy(caption -> assertThat(small.encode(caption).stream().map(symbols::get))
            .isEqualTo(CLIP.encode(caption).stream().map(CLIP_SYMBOLS::get).toList()));
    assertThat(vocabulary.size()).isLessThan(ClipVocabulary.merges().size() / 8);
  }

  @Test
  void shouldKeepNothingThatNoCaptionNeeds() {
    assertThat(CaptionVocabulary.of(List.of()).size()).isEqualTo(2 * 256 + 2);
    // re, red</w>
    assertThat(CaptionVocabulary.of(List.of("red red RED")).size()).isEqualTo(2 * 256 + 2 + 2);
  }

  @Test
  void shouldWriteTheFolderOfAClipTokenizer() throws IOException {
    CaptionVocabulary vocabulary = CaptionVocabulary.of(List.of("red"));
    vocabulary.write(folder, 24);
    ObjectMapper json = new ObjectMapper();
    JsonNode ids = json.readTree(folder.resolve("vocab.json").toFile());
    assertThat(ids.path("!").asInt(-1)).isZero();
    assertThat(ids.path("!</w>").asInt()).isEqualTo(256);
    assertThat(ids.path("red</w>").asInt()).isEqualTo(513);
    assertThat(ids.path("<|startoftext|>").asInt()).isEqualTo(514);
    assertThat(ids.path("<|endoftext|>").asInt()).isEqualTo(515);
    assertThat(Files.readAllLines(folder.resolve("merges.txt"))).containsExactly("#version: 0.2", "r e", "re d</w>");
    JsonNode config = json.readTree(folder.resolve("tokenizer_config.json").toFile());
    assertThat(config.path("model_max_length").asInt()).isEqualTo(24);
    assertThat(config.path("tokenizer_class").asText()).isEqualTo("CLIPTokenizer");
    assertThat(json.readTree(folder.resolve("special_tokens_map.json").toFile()).at("/eos_token/content").asText())
        .isEqualTo("<|endoftext|>");
    ClipTokenizer read = TokenizerFiles.clip(folder);
    assertThat(read.length()).isEqualTo(24);
    assertThat(read.entries()).isEqualTo(vocabulary.size());
    assertThatThrownBy(() -> vocabulary.tokenizer(1)).hasMessageContaining("no room for its start and its end");
  }

  /** Bytes are all there: nothing is unknown, and what was said can be read back. */
  @Property(tries = 300)
  void shouldCutAnyText(@ForAll String text) {
    List<Integer> ids = APPLE.encode(text);
    assertThat(ids).allMatch(id -> id >= 0 && id < APPLE.entries());
    assertThat(APPLE.decode(ids)).isEqualTo(CLIP.decode(CLIP.encode(text)));
    assertThat(APPLE.tokenize(text).ids()).hasSize(32);
  }
}
