package dev.langevin.training.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.ClipVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CLIP's vocabulary cut down to what some captions need: their words are split as with the whole one, and other words into smaller
 * symbols, down to bytes. A small model would spend most of its weights on the 49,408 rows of the whole table.
 */
public final class CaptionVocabulary {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String[]> merges = new ArrayList<>();

  /** @param captions all texts that are to be split alike */
  public CaptionVocabulary(Iterable<String> captions) {
    List<String[]> all = ClipVocabulary.merges();
    List<String> symbols = new ArrayList<>(ClipVocabulary.symbols(all).keySet());
    Map<String, String[]> made = new HashMap<>();
    all.forEach(pair -> made.put(pair[0] + pair[1], pair));
    ClipTokenizer whole = ClipVocabulary.tokenizer("<|endoftext|>");
    Set<String[]> used = new LinkedHashSet<>();
    captions.forEach(caption -> whole.encode(caption).forEach(id -> use(symbols.get(id), made, used)));
    all.stream().filter(used::contains).forEach(merges::add);
  }

  /** A symbol's merge, and those of its halves. */
  private static void use(String symbol, Map<String, String[]> made, Set<String[]> used) {
    String[] pair = made.get(symbol);
    if (pair != null && used.add(pair)) {
      use(pair[0], made, used);
      use(pair[1], made, used);
    }
  }

  /** Number of symbols. */
  public int size() {
    return ClipVocabulary.symbols(merges).size();
  }

  /**
   * Writes a tokenizer's folder as transformers has it.
   *
   * @param length tokens of a text, start and end included
   */
  public void write(Path folder, int length) throws IOException {
    Files.createDirectories(folder);
    Map<String, Integer> ids = ClipVocabulary.symbols(merges);
    Files.writeString(folder.resolve("vocab.json"), JSON.writeValueAsString(ids));
    StringBuilder lines = new StringBuilder("#version: 0.2\n");
    merges.forEach(pair -> lines.append(pair[0]).append(' ').append(pair[1]).append('\n'));
    Files.writeString(folder.resolve("merges.txt"), lines);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("bos_token", "<|startoftext|>");
    config.put("do_lower_case", true);
    config.put("eos_token", "<|endoftext|>");
    config.put("errors", "replace");
    config.put("model_max_length", length);
    config.put("pad_token", "<|endoftext|>");
    config.put("tokenizer_class", "CLIPTokenizer");
    config.put("unk_token", "<|endoftext|>");
    Files.writeString(folder.resolve("tokenizer_config.json"), JSON.writeValueAsString(config));
    Files.writeString(folder.resolve("special_tokens_map.json"), JSON.writeValueAsString(Map.of("bos_token", "<|startoftext|>")));
  }
}
