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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reads a tokenizer's folder: {@code vocab.json} and {@code merges.txt}, or {@code tokenizer.json}, with the tokens and
 * the padding that {@code added_tokens.json}, {@code special_tokens_map.json} and {@code tokenizer_config.json} add.
 */
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
   * @param padToken what fills a text up, or null for what the folder says
   * @throws WeightsException if a file is missing or malformed, naming it and the entry at fault
   */
  public static ClipTokenizer clip(Path folder, String padToken) {
    Map<String, Object> config = Files.exists(folder.resolve("tokenizer_config.json"))
        ? ModelFolder.json(folder.resolve("tokenizer_config.json"))
        : Map.of();
    ConfigValues values = values(folder, Configurations.TOKENIZER, "tokenizer_config.json", config);
    Path vocabulary = folder.resolve("vocab.json");
    Path whole = folder.resolve("tokenizer.json");
    String padding = padToken != null ? padToken : padding(folder, config, values);
    try {
      if (Files.exists(vocabulary) || !Files.exists(whole)) {
        Map<String, Integer> ids = ids(vocabulary, ModelFolder.json(vocabulary));
        Path merges = folder.resolve("merges.txt");
        Path added = folder.resolve("added_tokens.json");
        Map<String, List<Integer>> own = new LinkedHashMap<>();
        if (Files.exists(added)) {
          add(added, ModelFolder.json(added), ids, own);
        }
        add(folder.resolve("tokenizer_config.json"), decoded(folder, config), ids, own);
        return tokenizer(requirePadding(folder, padding, ids), requireKnown(merges, lines(merges), ids), padding,
            length(values), own);
      }
      Map<String, Object> json = ModelFolder.json(whole);
      if (!(json.get("model") instanceof Map<?, ?> model) || !(model.get("vocab") instanceof Map<?, ?> ids)
          || !(model.get("merges") instanceof List<?> merges)) {
        throw new WeightsException(whole + ": model.vocab or model.merges is missing; is it a CLIP tokenizer's?");
      }
      Map<String, Integer> known = ids(whole, ids);
      Map<String, List<Integer>> own = new LinkedHashMap<>();
      add(whole, added(whole, json.get("added_tokens")), known, own);
      return tokenizer(requirePadding(folder, padding, known), requireKnown(whole, pairs(whole, merges), known),
          padding, length(values), own);
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

  private static ClipTokenizer tokenizer(Map<String, Integer> ids, List<String[]> merges, String padding, int length,
      Map<String, List<Integer>> own) {
    ClipTokenizer tokenizer = new ClipTokenizer(ids, merges, padding, length);
    return own.isEmpty() ? tokenizer : tokenizer.with(own);
  }

  /**
   * The token of special_tokens_map.json, which transformers lets overrule the configuration's unless that holds
   * {@code added_tokens_decoder}: then, as the configuration is of a later version, the map only fills in.
   */
  private static String padding(Path folder, Map<String, Object> config, ConfigValues values) {
    Path map = folder.resolve("special_tokens_map.json");
    String own = padding(folder, "tokenizer_config.json", values);
    String mapped = !Files.isRegularFile(map) ? null
        : padding(folder, "special_tokens_map.json",
            values(folder, Configurations.TOKENIZER, "special_tokens_map.json", ModelFolder.json(map)));
    boolean later = config.get("added_tokens_decoder") != null;
    String first = later ? own : mapped;
    String second = later ? mapped : own;
    return first != null ? first : second != null ? second : "<|endoftext|>";
  }

  private static String padding(Path folder, String where, ConfigValues config) {
    Object token = config.given("pad_token");
    if (token instanceof Map<?, ?> described) {
      Map<String, Object> fields = new LinkedHashMap<>();
      described.forEach((key, value) -> fields.put((String) key, value));
      token = values(folder, Configurations.TOKEN, where + ": pad_token", fields).given("content");
    }
    return (String) token;
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
          folder + ": pad_token is '" + padding + "', must be a symbol of the vocabulary");
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

  /** Takes tokens beside the vocabulary in: those that it does not have are whole words of a text. */
  private static void add(
      Path file, Map<?, ?> added, Map<String, Integer> ids, Map<String, List<Integer>> own) {
    Map<Integer, String> symbols = new HashMap<>();
    ids.forEach((symbol, id) -> symbols.put(id, symbol));
    added.forEach((token, number) -> {
      int id = id(file, token, number);
      if (!(token instanceof String name) || name.isEmpty()) {
        throw new WeightsException(file + ": the added token of the id " + id + " is '" + token + "', must be a text");
      }
      Integer before = ids.putIfAbsent(name, id);
      String taken = symbols.putIfAbsent(id, name);
      if (before != null ? before != id : taken != null) {
        throw new WeightsException(file + ": the added token '" + name + "' has the id " + id + ", which "
            + (before != null ? "is " + before + " in the vocabulary" : "is that of '" + taken + "'"));
      }
      if (before == null) {
        own.put(name, List.of(id));
      }
    });
  }

  /** Added tokens as tokenizer_config.json has them: described, by their ids. */
  private static Map<Object, Object> decoded(Path folder, Map<String, Object> config) {
    Map<Object, Object> added = new LinkedHashMap<>();
    if (config.get("added_tokens_decoder") instanceof Map<?, ?> tokens) {
      tokens.forEach((id, token) -> {
        if (!(token instanceof Map<?, ?> entry) || !String.valueOf(id).matches("\\d{1,7}")) {
          throw new WeightsException(folder + "/tokenizer_config.json: added_tokens_decoder has the entry " + id + ": "
              + token + ", must be an id and an object with content");
        }
        added.put(entry.get("content"), Integer.valueOf(String.valueOf(id)));
      });
    }
    return added;
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
