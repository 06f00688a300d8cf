package dev.langevin.weights;

import dev.langevin.text.ClipTokenizer;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Reads a tokenizer's folder: {@code vocab.json} and {@code merges.txt}, or {@code tokenizer.json}. */
public final class TokenizerFiles {

  private static final int DEFAULT_LENGTH = 77;

  /** Tokens of a text where the file says that there is no limit, as a number beyond any. */
  private static final double NO_LIMIT = 1e6;

  private TokenizerFiles() {}

  /** {@link #clip(Path, String)} with the padding that the folder names. */
  public static ClipTokenizer clip(Path folder) {
    return clip(folder, null);
  }

  /**
   * Reads CLIP's tokenizer.
   *
   * @param padToken what fills a text up, or null for what the folder's tokenizer_config.json says
   * @throws WeightsException if a file is missing or malformed, naming it and the entry at fault
   */
  public static ClipTokenizer clip(Path folder, String padToken) {
    Map<String, Object> config = Files.exists(folder.resolve("tokenizer_config.json"))
        ? ModelFolder.json(folder.resolve("tokenizer_config.json"))
        : Map.of();
    Path vocabulary = folder.resolve("vocab.json");
    Path whole = folder.resolve("tokenizer.json");
    String padding = padToken != null ? padToken : padding(config);
    try {
      if (Files.exists(vocabulary) || !Files.exists(whole)) {
        return new ClipTokenizer(ids(vocabulary, ModelFolder.json(vocabulary)), lines(folder.resolve("merges.txt")),
            padding, length(config));
      }
      if (!(ModelFolder.json(whole).get("model") instanceof Map<?, ?> model) || !(model.get("vocab") instanceof Map<?, ?> ids)
          || !(model.get("merges") instanceof List<?> merges)) {
        throw new WeightsException(whole + ": model.vocab or model.merges is missing; is it a CLIP tokenizer's?");
      }
      return new ClipTokenizer(ids(whole, ids), pairs(whole, merges), padding, length(config));
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder + ": " + e.getMessage(), e);
    }
  }

  private static String padding(Map<String, Object> config) {
    Object token = config.get("pad_token");
    if (token instanceof Map<?, ?> described) {
      token = described.get("content");
    }
    return token instanceof String text ? text : "<|endoftext|>";
  }

  private static int length(Map<String, Object> config) {
    return config.get("model_max_length") instanceof Number n && n.doubleValue() < NO_LIMIT ? n.intValue() : DEFAULT_LENGTH;
  }

  private static Map<String, Integer> ids(Path file, Map<?, ?> json) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    json.forEach((symbol, id) -> {
      if (!(id instanceof Integer number) || number < 0) {
        throw new WeightsException(file + ": the id of '" + symbol + "' is " + id + ", must be a whole number of at least 0");
      }
      ids.put((String) symbol, number);
    });
    return ids;
  }

  private static List<String[]> lines(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new WeightsException(file + ": there is no such file; a CLIP tokenizer has vocab.json and merges.txt");
    }
    try {
      List<String> lines = Files.readAllLines(file);
      List<String[]> merges = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        if (line.isBlank() || i == 0 && line.startsWith("#version")) {
          continue;
        }
        int number = i + 1;
        merges.add(pair(() -> file + ", line " + number, line));
      }
      return merges;
    } catch (MalformedInputException e) {
      throw new WeightsException(file + ": is not UTF-8 text", e);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read: " + e, e);
    }
  }

  private static List<String[]> pairs(Path file, List<?> merges) {
    List<String[]> pairs = new ArrayList<>();
    for (int i = 0; i < merges.size(); i++) {
      int number = i;
      if (merges.get(i) instanceof List<?> pair && pair.size() == 2) {
        pairs.add(new String[] {String.valueOf(pair.get(0)), String.valueOf(pair.get(1))});
      } else {
        pairs.add(pair(() -> file + ": model.merges[" + number + "]", String.valueOf(merges.get(i))));
      }
    }
    return pairs;
  }

  private static String[] pair(Supplier<String> at, String text) {
    String[] pair = text.split(" ");
    if (pair.length != 2 || pair[0].isEmpty() || pair[1].isEmpty()) {
      throw new WeightsException(at.get() + ": '" + text + "' is no pair of symbols");
    }
    return pair;
  }
}
