package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One folder of reference data: inputs, results and tolerance. */
final class ReferenceCase implements AutoCloseable {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private final Path dir;
  private final JsonNode json;
  private final Map<Path, SafetensorsFile> files = new LinkedHashMap<>();

  ReferenceCase(Path dir) throws IOException {
    this.dir = dir;
    this.json = JSON.readTree(Files.readString(dir.resolve("case.json")));
  }

  Path dir() {
    return dir;
  }

  JsonNode json() {
    return json;
  }

  /** The whole path, such as {@code schedulers/DDIM/eta_0.5}. */
  String name() {
    return json.get("case").textValue();
  }

  String family() {
    return name().substring(0, name().indexOf('/'));
  }

  String className() {
    return json.path("class").asText("");
  }

  double maxAbs() {
    return json.path("tolerance").path("max_abs").doubleValue();
  }

  boolean has(String tensor) {
    return json.path("tensors").has(tensor) || json.path("same_as").has(tensor);
  }

  /**
   * A number of the case that is stated in words: the first group of {@code pattern} in the field at a JSON pointer.
   *
   * @throws AssertionError naming case, field and pattern if it is not stated there
   */
  double stated(String pointer, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(json.at(pointer).asText());
    if (!found.find()) {
      throw new AssertionError(
          name() + ": " + pointer + " says '" + json.at(pointer).asText() + "', expected " + pattern);
    }
    return Double.parseDouble(found.group(1));
  }

  /**
   * A number that the case has as a field of its own.
   *
   * @throws AssertionError naming case and field if it is not there
   */
  double number(String pointer) {
    if (!json.at(pointer).isNumber()) {
      throw new AssertionError(name() + ": " + pointer + " is '" + json.at(pointer).asText() + "', expected a number");
    }
    return json.at(pointer).doubleValue();
  }

  /** Names of the tensors that the case stores itself. */
  List<String> tensors() {
    List<String> names = new ArrayList<>();
    json.path("tensors").fieldNames().forEachRemaining(names::add);
    return names;
  }

  Tensor tensor(String name) {
    JsonNode shared = json.path("same_as").path(name);
    if (shared.isTextual()) {
      int colon = shared.textValue().indexOf(':');
      return file(dir.resolve(shared.textValue().substring(0, colon))).tensor(shared.textValue().substring(colon + 1));
    }
    return file(dir.resolve("expected.safetensors")).tensor(name);
  }

  private SafetensorsFile file(Path path) {
    return files.computeIfAbsent(path.normalize(), SafetensorsFile::open);
  }

  /** The model folder: pipelines share one, others have their own. */
  Path model() {
    return json.path("model").isTextual() ? dir.resolve(json.get("model").textValue()).normalize()
        : dir.resolve("model");
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(Path file) throws IOException {
    return JSON.readValue(Files.readString(file), Map.class);
  }

  @SuppressWarnings("unchecked")
  Map<String, Object> map(String field) {
    return JSON.convertValue(json.get(field), Map.class);
  }

  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }
}
