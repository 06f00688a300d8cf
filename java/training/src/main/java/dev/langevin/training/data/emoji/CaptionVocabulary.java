package dev.langevin.training.data.emoji;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.ClipVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of CLIP's vocabulary that given captions need: the 256 bytes, each also at a word's end, and the merges that
 * make the captions' tokens. A model of few words then needs some thousand rows of embeddings instead of 49,408.
 *
 * <p>
 * Every symbol of CLIP is made by one merge, so the merges of a token are those of its two halves and its own. With
 * them the captions' words are cut as by CLIP: at each step the best pair of all merges is among those kept. Other
 * words are cut finer, down to bytes, but never fail. Immutable.
 */
public final class CaptionVocabulary {

  private static final String START = "<|startoftext|>";
  private static final String END = "<|endoftext|>";

  private final List<String[]> merges;
  private final Map<String, Integer> symbols;

  private CaptionVocabulary(List<String[]> merges) {
    this.merges = merges;
    this.symbols = ClipVocabulary.symbols(merges);
  }

  /** The vocabulary that cuts these captions as CLIP does. */
  public static CaptionVocabulary of(Collection<String> captions) {
    List<String[]> all = ClipVocabulary.merges();
    Map<String, String[]> makers = new HashMap<>();
    all.forEach(pair -> makers.put(pair[0] + pair[1], pair));
    Map<Integer, String> clip = new HashMap<>();
    ClipVocabulary.symbols(all).forEach((symbol, id) -> clip.put(id, symbol));
    ClipTokenizer tokenizer = ClipVocabulary.tokenizer(END);
    Set<Integer> used = new HashSet<>();
    captions.forEach(caption -> used.addAll(tokenizer.encode(caption)));
    Set<String[]> kept = new HashSet<>(); // by identity: each pair is one array
    used.forEach(id -> keep(clip.get(id), makers, kept));
    return new CaptionVocabulary(all.stream().filter(kept::contains).toList());
  }

  private static void keep(String symbol, Map<String, String[]> makers, Set<String[]> kept) {
    String[] pair = makers.get(symbol);
    if (pair != null && kept.add(pair)) {
      keep(pair[0], makers, kept);
      keep(pair[1], makers, kept);
    }
  }

  /** Number of symbols, start and end included. */
  public int size() {
    return symbols.size();
  }

  /** The tokenizer, for texts of a length in tokens. */
  public ClipTokenizer tokenizer(int length) {
    return new ClipTokenizer(symbols, merges, END, length);
  }

  /**
   * Writes the folder that diffusers and transformers store a {@code CLIPTokenizer} in: {@code vocab.json},
   * {@code merges.txt}, {@code tokenizer_config.json} and {@code special_tokens_map.json}.
   *
   * @param length of a text in tokens, start and end included
   */
  public void write(Path folder, int length) throws IOException {
    Files.createDirectories(folder);
    ObjectMapper json = new ObjectMapper();
    json.writeValue(folder.resolve("vocab.json").toFile(), symbols);
    List<String> lines = new ArrayList<>(List.of("#version: 0.2")); // transformers skips the first line, whatever it is
    merges.forEach(pair -> lines.add(pair[0] + " " + pair[1]));
    Files.write(folder.resolve("merges.txt"), lines);
    json.enable(SerializationFeature.INDENT_OUTPUT);
    Map<String, Object> special = new LinkedHashMap<>();
    special.put("bos_token", special(START));
    special.put("eos_token", special(END));
    special.put("unk_token", special(END));
    special.put("pad_token", END);
    json.writeValue(folder.resolve("special_tokens_map.json").toFile(), special);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("add_prefix_space", false);
    config.put("bos_token", START);
    config.put("do_lower_case", true);
    config.put("eos_token", END);
    config.put("errors", "replace");
    config.put("model_max_length", length);
    config.put("pad_token", END);
    config.put("tokenizer_class", "CLIPTokenizer");
    config.put("unk_token", END);
    json.writeValue(folder.resolve("tokenizer_config.json").toFile(), config);
  }

  private static Map<String, Object> special(String token) {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("content", token);
    described.put("lstrip", false);
    described.put("normalized", true);
    described.put("rstrip", false);
    described.put("single_word", false);
    return described;
  }
}
