package dev.langevin.weights;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.config.Section;
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

  /** Larger ids than any vocabulary's. */
  private static final int MOST_ID = (1 << 22) - 1;

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
    ConfigValues values = values(folder, Configurations.TOKENIZER, "tokenizer_config.json", config);
    Path vocabulary = folder.resolve("vocab.json");
    Path whole = folder.resolve("tokenizer.json");
    String padding = padToken != null ? padToken : padding(folder, values);
    try {
      if (Files.exists(vocabulary) || !Files.exists(whole)) {
        Map<String, Integer> ids = requirePadding(folder, padding, ids(vocabulary, ModelFolder.json(vocabulary)));
        Path merges = folder.resolve("merges.txt");
        Path added = folder.resolve("added_tokens.json");
        if (Files.exists(added)) {
          requireAddedWithin(added, ModelFolder.json(added), ids);
        }
        return new ClipTokenizer(ids, requireKnown(merges, lines(merges), ids), padding, length(values));
      }
      Map<String, Object> json = ModelFolder.json(whole);
      if (!(json.get("model") instanceof Map<?, ?> model) || !(model.get("vocab") instanceof Map<?, ?> ids)
          || !(model.get("merges") instanceof List<?> merges)) {
        throw new WeightsException(whole + ": model.vocab or model.merges is missing; is it a CLIP tokenizer's?");
      }
      Map<String, Integer> known = requirePadding(folder, padding, ids(whole, ids));
      requireAddedWithin(whole, added(whole, json.get("added_tokens")), known);
      return new ClipTokenizer(known, requireKnown(whole, pairs(whole, merges), known), padding, length(values));
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder + ": " + e.getMessage(), e);
    }
  }

  private static ConfigValues values(Path folder, Section section, String where, Map<String, Object> config) {
    try {
      return ConfigValues.of(section, where, config);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder + "/" + e.getMessage(), e);
    }
  }

  private static String padding(Path folder, ConfigValues config) {
    Object token = config.given("pad_token");
    if (token instanceof Map<?, ?> described) {
      Map<String, Object> fields = new LinkedHashMap<>();
      described.forEach((key, value) -> fields.put((String) key, value));
      token = values(folder, Configurations.TOKEN, "tokenizer_config.json: pad_token", fields).given("content");
    }
    return token != null ? (String) token : "<|endoftext|>";
  }

  /** A number beyond any stands for no limit. */
  private static int length(ConfigValues config) {
    return config.given("model_max_length") instanceof Integer length ? length : DEFAULT_LENGTH;
  }

  private static Map<String, Integer> ids(Path file, Map<?, ?> json) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    json.forEach((symbol, id) -> {
      ids.put((String) symbol, id(file, symbol, id));
    });
    return ids;
  }

  private static Map<String, Integer> requirePadding(Path folder, String padding, Map<String, Integer> ids) {
    if (!ids.containsKey(padding)) {
      throw new WeightsException(
          folder + "/tokenizer_config.json: pad_token is '" + padding + "', must be a symbol of the vocabulary");
    }
    return ids;
  }

  private static int id(Path file, Object symbol, Object id) {
    if (!(id instanceof Integer number) || number < 0 || number > MOST_ID) {
      throw new WeightsException(
          file + ": the id of '" + symbol + "' is " + id + ", must be a whole number from 0 to " + MOST_ID);
    }
    return number;
  }

  /** Tokens that lie beside the vocabulary have ids of the vocabulary too. */
  private static void requireAddedWithin(Path file, Map<?, ?> added, Map<String, Integer> ids) {
    int last = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    added.forEach((token, id) -> {
      if (id(file, token, id) > last) {
        throw new WeightsException(
            file + ": the added token '" + token + "' has the id " + id + ", the vocabulary ends at " + last
                + "; give learned tokens as embeddings of their own");
      }
    });
  }

  /** A pair that is in no vocabulary would be joined to what has no id. */
  private static List<String[]> requireKnown(Path file, List<String[]> merges, Map<String, Integer> ids) {
    for (String[] pair : merges) {
      for (String symbol : new String[] {pair[0], pair[1], pair[0] + pair[1]}) {
        if (!ids.containsKey(symbol)) {
          throw new WeightsException(file + ": the pair '" + pair[0] + " " + pair[1] + "' needs the symbol '" + symbol
              + "', which the vocabulary does not have");
        }
      }
    }
    return merges;
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

  private static Map<Object, Object> added(Path file, Object tokens) {
    Map<Object, Object> added = new LinkedHashMap<>();
    if (tokens instanceof List<?> list) {
      for (Object token : list) {
        if (!(token instanceof Map<?, ?> entry)) {
          throw new WeightsException(
              file + ": added_tokens has the entry " + token + ", must be an object with id and content");
        }
        added.put(entry.get("content"), entry.get("id"));
      }
    } else if (tokens != null) {
      throw new WeightsException(file + ": added_tokens is " + tokens + ", must be a list");
    }
    return added;
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
