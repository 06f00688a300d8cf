package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.langevin.config.ConfigValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model as diffusers saves it: {@code model_index.json} and a folder for each component. The files of the oldest
 * published models lie in the root itself, without a folder for the component; they are found there.
 */
public record ModelFolder(Path root) {

  /** Files written by Python hold {@code -Infinity} and {@code NaN} where an option has such a value. */
  private static final ObjectMapper JSON =
      JsonMapper.builder(Json.factory().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build()) // vocabularies
                                                                                                       // have 50,000
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** Where the components are listed. */
  public Path index() {
    return root.resolve("model_index.json");
  }

  /** The pipeline's class by {@code model_index.json}. */
  public String pipelineClass() {
    Map<String, Object> json = json(index());
    if (!(json.get("_class_name") instanceof String className)) {
      throw new WeightsException(
          index() + ": _class_name is " + ConfigValues.shown(json, "_class_name") + ", must be a pipeline's class");
    }
    return className;
  }

  /**
   * Class name of each component by {@code model_index.json}; components that the model does without are left out.
   *
   * @throws WeightsException if an entry is no pair of library and class, or its name could lead out of the folder
   */
  public Map<String, String> components() {
    Map<String, String> classes = new LinkedHashMap<>();
    json(index()).forEach((name, value) -> {
      if (name.startsWith("_")) {
        return; // the folder's own notes, lists among them
      }
      boolean named = name.matches("\\w+");
      if (value instanceof List<?> pair) { // what is no list is an option of the pipeline's
        if (!named) {
          throw new WeightsException(
              index() + ": the component '" + name + "' is not the name of a folder inside the model");
        }
        boolean without = pair.size() == 2 && pair.get(1) == null;
        if (!without && !(pair.size() == 2 && pair.get(0) instanceof String && pair.get(1) instanceof String)) {
          throw noComponent(name, value);
        }
        if (!without) {
          classes.put(name, (String) pair.get(1));
        }
      } else if (value != null && named && has(name)) {
        throw noComponent(name, value);
      }
    });
    return classes;
  }

  private WeightsException noComponent(String name, Object value) {
    return new WeightsException(index() + ": " + name + " is " + ConfigValues.shown(Map.of(name, value), name)
        + ", must be a library and a class");
  }

  /** Entries of {@code model_index.json} that are no components: options of the whole model. */
  public Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>(json(index()));
    options.values().removeIf(List.class::isInstance);
    return options;
  }

  /** Whether a component has a folder of its own. */
  public boolean has(String component) {
    return Files.isDirectory(root.resolve(component));
  }

  /** The folder of a component. */
  public Path component(String name) {
    Path folder = root.resolve(name);
    return Files.isDirectory(folder) ? folder : root;
  }

  /** Configuration of a network component. */
  public Map<String, Object> config(String component) {
    return json(component(component).resolve("config.json"));
  }

  /** Where the sampler's configuration lies. */
  public Path schedulerFile() {
    return schedulerFile("scheduler");
  }

  private Path schedulerFile(String component) {
    return component(component).resolve("scheduler_config.json");
  }

  /**
   * Configuration of a sampler. Its class is the index's, where that lists one: diffusers makes that one of the
   * configuration, which may have been saved by another.
   */
  public Map<String, Object> schedulerConfig(String component) {
    Map<String, Object> config = json(schedulerFile(component));
    if (Files.isRegularFile(index()) && json(index()).get(component) instanceof List<?> pair && pair.size() == 2
        && pair.get(1) instanceof String className) {
      config.put("_class_name", className);
    }
    return config;
  }

  /** Configuration of the sampler. */
  public Map<String, Object> schedulerConfig() {
    return schedulerConfig("scheduler");
  }

  /** Opens the weights of a component; the caller closes them. */
  public ModelWeights weights(String component) {
    return ModelWeights.open(component(component));
  }

  static Map<String, Object> json(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new WeightsException(file + ": there is no such file; a model is a folder as diffusers saves it");
    }
    try {
      Map<String, Object> values = JSON.readValue(Files.readString(file), new TypeReference<Map<String, Object>>() {});
      if (values == null) {
        throw new WeightsException(file + ": is null, must be a JSON object");
      }
      return values;
    } catch (JsonProcessingException e) {
      throw new WeightsException(file + ": is not a JSON object: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read: " + e, e);
    }
  }
}
