package dev.langevin.attack;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** JSON objects as texts of their fields, so that a field may be what no JSON tree can hold. */
final class JsonText {

  private static final JsonMapper JSON = JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
      .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS).build();

  private JsonText() {}

  /** The fields of a file, each as JSON text. */
  static Map<String, String> fields(Path file) {
    Map<String, String> fields = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, JsonNode> field : JSON.readTree(file.toFile()).properties()) {
        fields.put(field.getKey(), JSON.writeValueAsString(field.getValue()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return fields;
  }

  static String of(Map<String, String> fields) {
    return fields.entrySet().stream().map(field -> quoted(field.getKey()) + ": " + field.getValue())
        .collect(Collectors.joining(",\n  ", "{", "}"));
  }

  static String quoted(String text) {
    try {
      return JSON.writeValueAsString(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Entries of a list; 0 for what is no list. */
  static int entries(String value) {
    try {
      return JSON.readTree(value) instanceof ArrayNode list ? list.size() : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A list with one entry changed. */
  static String withEntry(String value, int entry, String changed) {
    try {
      List<String> entries = new ArrayList<>();
      for (JsonNode each : JSON.readTree(value)) {
        entries.add(JSON.writeValueAsString(each));
      }
      entries.set(entry, changed);
      return "[" + String.join(", ", entries) + "]";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
