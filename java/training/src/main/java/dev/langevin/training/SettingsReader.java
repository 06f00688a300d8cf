package dev.langevin.training;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.langevin.policy.Findings;
import dev.langevin.policy.RefusedException;
import dev.langevin.text.NearestName;
import dev.langevin.text.Printable;
import dev.langevin.training.TrainingConfig.Kind;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a run's file into a tree in which every key is one of {@link Settings} and of its type. */
final class SettingsReader {

  private static final YAMLFactory YAML = new YAMLFactory();
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Set<String> OPTIONAL = Set.of("objective", "samples", "prior_preservation");
  private static final int DEEPEST = 32;
  private static final int SHOWN = 80;

  /** Problems that are told of one file. */
  private static final int MOST = 10;

  private final Path file;
  private final Map<String, Integer> lines = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private Kind task;

  private final Findings findings;

  private SettingsReader(Path file, Findings findings) {
    this.file = file;
    this.findings = findings;
  }

  /**
   * The tree, or null of an empty file.
   *
   * @param findings told of keys that nobody reads; where these are let pass, they are left out
   * @throws TrainingException naming the file, the line, the key and what is allowed
   * @throws IOException if it is no YAML
   */
  static ObjectNode read(String text, Path file, Findings findings) throws IOException {
    SettingsReader reader = new SettingsReader(file, findings);
    JsonNode root;
    try (YAMLParser parser = YAML.createParser(text)) {
      if (parser.nextToken() == null) {
        return null;
      }
      root = reader.value(parser, "");
      if (parser.nextToken() != null) {
        throw new TrainingException(file + ": a second document begins; a file holds one run");
      }
    }
    if (!(root instanceof ObjectNode settings)) {
      if (root.isNull()) {
        return null;
      }
      throw new TrainingException(file + " is no mapping; it must say task, output, data, model and steps");
    }
    return reader.checked(settings);
  }

  private JsonNode value(YAMLParser parser, String path) throws IOException {
    if (parser.isCurrentAlias()) {
      refuse(path, path + " is an alias, which is not read; write the value itself");
    }
    JsonToken token = parser.currentToken();
    if (path.chars().filter(c -> c == '.').count() > DEEPEST) {
      throw new TrainingException(file + ": it is nested too deep");
    }
    if (token == JsonToken.START_OBJECT) {
      return mapping(parser, path);
    }
    if (token == JsonToken.START_ARRAY) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        list.add(value(parser, path + "."));
      }
      return list;
    }
    return scalar(parser, token);
  }

  private static JsonNode scalar(JsonParser parser, JsonToken token) throws IOException {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (token) {
      case VALUE_NUMBER_INT -> switch (parser.getNumberValue()) {
        case Integer number -> nodes.numberNode(number);
        case Long number -> nodes.numberNode(number);
        default -> nodes.numberNode(parser.getBigIntegerValue());
      };
      case VALUE_NUMBER_FLOAT -> {
        double value = parser.getDoubleValue();
        yield Double.isFinite(value) ? DoubleNode.valueOf(value) : nodes.textNode(parser.getText());
      }
      case VALUE_TRUE, VALUE_FALSE -> nodes.booleanNode(token == JsonToken.VALUE_TRUE);
      case VALUE_NULL -> nodes.nullNode();
      default -> nodes.textNode(parser.getText());
    };
  }

  private ObjectNode mapping(YAMLParser parser, String path) throws IOException {
    ObjectNode mapping = JsonNodeFactory.instance.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String inner = path.isEmpty() ? key : path + "." + key;
      int line = parser.currentTokenLocation().getLineNr();
      if (mapping.has(key)) {
        int first = lines.get(inner);
        lines.put(inner, line);
        refuse(inner, inner + " is given twice" + (first == line ? "" : ", first in line " + first)
            + "; remove one of them");
      }
      lines.put(inner, line);
      parser.nextToken();
      mapping.set(key, value(parser, inner));
    }
    return mapping;
  }

  private ObjectNode checked(ObjectNode root) {
    JsonNode named = root.get("task");
    for (Kind kind : Kind.values()) {
      task = named != null && kind.name().equals(named.asText()) ? kind : task;
    }
    if (task == null) {
      Setting setting = Settings.all().getFirst();
      if (named == null || named.isNull()) {
        missing(setting);
      } else {
        wrong("task", named, setting.type().allowed());
      }
    } else {
      group(root, "");
    }
    if (!problems.isEmpty()) {
      throw new TrainingException(file + problems.getFirst() + problems.stream().skip(1).map(each -> "; also" + each)
          .collect(Collectors.joining()));
    }
    return root;
  }

  /** Checks a mapping of the file's own keys. */
  private void group(ObjectNode mapping, String path) {
    String prefix = path.isEmpty() ? "" : path + ".";
    Map<String, Setting> known = new LinkedHashMap<>();
    Set<String> groups = new LinkedHashSet<>();
    Set<String> elsewhere = new LinkedHashSet<>();
    for (Setting setting : Settings.all()) {
      if (!setting.path().startsWith(prefix)) {
        continue;
      }
      String rest = setting.path().substring(prefix.length());
      String first = rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest;
      if (!setting.tasks().contains(task)) {
        elsewhere.add(first);
      } else if (rest.equals(first)) {
        known.put(first, setting);
      } else {
        groups.add(first);
      }
    }
    for (String key : List.copyOf(names(mapping))) {
      JsonNode value = mapping.get(key);
      if (groups.contains(key)) {
        if (value.isNull()) {
          mapping.remove(key);
        } else if (value instanceof ObjectNode inner) {
          group(inner, prefix + key);
        } else {
          wrong(prefix + key, value, "a mapping of keys");
        }
      } else if (known.containsKey(key)) {
        mapping.set(key, plain(known.get(key), value));
      } else if (elsewhere.contains(key) && (value.isNull() || value instanceof ObjectNode none && none.isEmpty()
          || isAbsent(prefix + key, value))) {
        mapping.remove(key);
      } else {
        unknown(prefix + key, key, elsewhere, known.keySet(), groups);
        mapping.remove(key);
      }
    }
    for (Setting setting : known.values()) {
      if (setting.required() && (mapping.get(setting.name()) == null || mapping.get(setting.name()).isNull())) {
        missing(setting);
      }
    }
    for (String group : groups) {
      if (!mapping.has(group) && !OPTIONAL.contains(group)) {
        group(mapping.putObject(group), prefix + group); // tells what is missing
      }
    }
  }

  /** Whether a value is what stands for the key where it is left out. */
  private static boolean isAbsent(String path, JsonNode value) {
    return Settings.all().stream().anyMatch(s -> s.path().equals(path) && s.absent().equals(value.asText()));
  }

  private static List<String> names(ObjectNode mapping) {
    List<String> names = new ArrayList<>();
    mapping.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private JsonNode plain(Setting setting, JsonNode value) {
    if (value.isNull()) {
      return value;
    }
    if (setting.network() != null) {
      return configuration(setting, value);
    }
    JsonNode read = setting.type().reader().apply(value);
    if (read == null) {
      wrong(setting.path(), value, setting.type().allowed());
      return value;
    }
    return read;
  }

  private JsonNode configuration(Setting setting, JsonNode value) {
    if (!(value instanceof ObjectNode mapping)) {
      wrong(setting.path(), value, "the configuration of " + setting.network().title());
      return value;
    }
    numbers(mapping);
    for (String key : names(mapping)) {
      String path = setting.path() + "." + key;
      if (!setting.network().knows(key)) {
        unknown(path, key, Set.of(), setting.network().names(), Set.of());
        mapping.remove(key);
        continue;
      }
      String allowed = setting.network().refusal(key, MAPPER.convertValue(mapping.get(key), Object.class));
      if (allowed != null) {
        wrong(path, mapping.get(key), allowed);
      }
    }
    return mapping;
  }

  /** Numbers that YAML takes for words, as they have no point: 1e-6. */
  private static void numbers(ObjectNode mapping) {
    for (String key : names(mapping)) {
      BigDecimal number = mapping.get(key).isTextual() ? SettingType.number(mapping.get(key)) : null;
      if (number != null) {
        mapping.set(key, DoubleNode.valueOf(number.doubleValue()));
      }
    }
  }

  private void unknown(String path, String key, Set<String> elsewhere, Collection<String> known,
      Collection<String> groups) {
    if (elsewhere.contains(key)) {
      String readers = Settings.all().stream().filter(s -> s.path().equals(path) || s.path().startsWith(path + "."))
          .flatMap(s -> s.tasks().stream()).distinct().sorted().map(Kind::name).collect(Collectors.joining(", "));
      unread(path, path + " is not read in a run of task " + task + ", and would change nothing; remove it (" + readers
          + (readers.contains(",") ? " read it)" : " reads it)"));
      return;
    }
    Set<String> all = new LinkedHashSet<>(known);
    all.addAll(groups);
    unread(path, path + " is no key that is known; " + NearestName.advice(key, all));
  }

  private void unread(String path, String problem) {
    try {
      findings.changes(file + " " + problem);
    } catch (RefusedException e) {
      refuse(path, problem);
    }
  }

  private void missing(Setting setting) {
    refuse(setting.group(), setting.path() + " is missing; it must be " + setting.type().allowed());
  }

  private void wrong(String path, JsonNode value, String allowed) {
    String text = value.isTextual() ? "'" + value.asText() + "'" : value.toString();
    refuse(path, path + " is " + (text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text) + ", must be "
        + allowed);
  }

  /** All of them are told at once. */
  private void refuse(String path, String problem) {
    Integer line = lines.get(path);
    if (problems.size() < MOST) {
      problems.add((line == null ? "" : (problems.isEmpty() ? "," : "") + " line " + line) + ": "
          + Printable.of(problem));
    }
  }
}
