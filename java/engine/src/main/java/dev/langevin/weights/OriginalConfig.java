package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;

/**
 * The YAML file that goes with a checkpoint in the original naming: what the tensors do not tell. Only plain values are
 * read, no tags of classes. {@code norm_groups} and {@code heads} are no entries of published files, which are all
 * built with one value.
 */
final class OriginalConfig {

  /** Without a file. */
  static final OriginalConfig NONE = new OriginalConfig(null, Map.of());

  private static final YAMLMapper YAML = new YAMLMapper();

  private final Path file;
  private final Map<String, Object> root;

  private OriginalConfig(Path file, Map<String, Object> root) {
    this.file = file;
    this.root = root;
  }

  /** What would be read of a file of such content. */
  static OriginalConfig of(Path file, Map<String, Object> root) {
    return new OriginalConfig(file, root);
  }

  /** Width of the sinusoid of each size that SD XL is told: of the one embedder that has such. */
  int sizeDim(int byDefault) {
    if (value("model.params.conditioner_config.params.emb_models") instanceof List<?> embedders) {
      for (Object embedder : embedders) {
        if (embedder instanceof Map<?, ?> map && String.valueOf(map.get("target")).endsWith("ConcatTimestepEmbedderND")
            && map.get("params") instanceof Map<?, ?> params && params.get("outdim") instanceof Integer dim
            && dim > 0) {
          return dim;
        }
      }
    }
    return byDefault;
  }

  /** @throws WeightsException if the file is missing or not such a configuration */
  static OriginalConfig read(Path file) {
    try {
      Map<String, Object> root = YAML.readValue(Files.readString(file), new TypeReference<Map<String, Object>>() {});
      if (root == null || !(root.get("model") instanceof Map)) {
        throw new WeightsException(
            file + ": there is no model; is it the configuration of a latent diffusion checkpoint?");
      }
      return new OriginalConfig(file, root);
    } catch (JsonProcessingException e) {
      throw new WeightsException(file + ": is not YAML: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read: " + e, e);
    }
  }

  /** The value at a path such as {@code model.params.timesteps}, or null. */
  Object value(String path) {
    Object value = root;
    for (String key : path.split("\\.")) {
      value = value instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value;
  }

  /** A whole number of at least 1, or null where it is absent or -1, which stands for unset. */
  Integer positive(String path) {
    Number value = number(path, v -> v == -1 || v >= 1 && v == (int) v, "a whole number of at least 1");
    return value == null || value.intValue() == -1 ? null : value.intValue();
  }

  double number(String path, double byDefault) {
    Number value = number(path, v -> v > 0 && v < Double.POSITIVE_INFINITY, "a number above 0");
    return value == null ? byDefault : value.doubleValue();
  }

  private Number number(String path, DoublePredicate allowed, String what) {
    Object value = value(path);
    if (value == null) {
      return null;
    }
    if (!(value instanceof Number number) || !allowed.test(number.doubleValue())) {
      throw new WeightsException(file + ": " + path + " is " + value + ", must be " + what);
    }
    return number;
  }
}
