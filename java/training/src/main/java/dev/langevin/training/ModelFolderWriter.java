package dev.langevin.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.langevin.backend.Block;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes a model as diffusers saves it: an index, and for each component its configuration and weights. */
final class ModelFolderWriter {

  /** The version of diffusers whose format this is. */
  private static final String FORMAT = "0.40.0";

  /**
   * Keys in their order, as diffusers writes them: a map that the JVM orders at random gives one file in each process.
   */
  private static final ObjectMapper JSON = new ObjectMapper()
      .enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private final Path root;
  private final Map<String, Object> index = new LinkedHashMap<>();
  private DType dtype = DType.F32;

  ModelFolderWriter(Path root, String pipeline) {
    this.root = root;
    index.put("_class_name", pipeline);
    index.put("_diffusers_version", FORMAT);
  }

  /** Of the networks' files: F32, F16 or BF16. */
  ModelFolderWriter precision(DType precision) {
    dtype = precision;
    return this;
  }

  /** A component of diffusers: {@code config} gets its class and version. */
  ModelFolderWriter network(String name, String className, Map<String, Object> config, Parameters parameters,
      Block block,
      String prefix) {
    return network(name, className, config, parameters, block, prefix, Map.of());
  }

  /** @param constants further tensors of the component's file, F32, which were not trained */
  ModelFolderWriter network(String name, String className, Map<String, Object> config, Parameters parameters,
      Block block,
      String prefix, Map<String, Tensor> constants) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("_class_name", className);
    all.put("_diffusers_version", FORMAT);
    all.putAll(config);
    json(root.resolve(name).resolve("config.json"), all);
    weights(root.resolve(name).resolve("diffusion_pytorch_model.safetensors"), parameters, block, prefix, constants,
        dtype);
    return component(name, "diffusers", className);
  }

  ModelFolderWriter scheduler(Map<String, Object> config) {
    return scheduler("scheduler", config);
  }

  ModelFolderWriter scheduler(String name, Map<String, Object> config) {
    Map<String, Object> all = new LinkedHashMap<>(config);
    all.putIfAbsent("_class_name", "DDPMScheduler");
    all.putIfAbsent("_diffusers_version", FORMAT);
    json(root.resolve(name).resolve("scheduler_config.json"), all);
    return component(name, "diffusers", String.valueOf(all.get("_class_name")));
  }

  /**
   * An entry of the index; {@code library} and {@code className} are null for a component that the model does without.
   */
  ModelFolderWriter component(String name, String library, String className) {
    index.put(name, java.util.Arrays.asList(library, className));
    return this;
  }

  /** @param value null for none, which writes nothing */
  ModelFolderWriter option(String name, Object value) {
    if (value != null) {
      index.put(name, value);
    }
    return this;
  }

  /** Writes the index; the folder is a model from then on. */
  void finish() {
    json(root.resolve("model_index.json"), index);
  }

  /** The weights whose names begin with {@code prefix}, without it. */
  static void weights(Path file, Parameters parameters, Block block, String prefix) {
    weights(file, parameters, block, prefix, Map.of(), DType.F32);
  }

  /**
   * @param constants further tensors of the file, F32, which were not trained
   * @param dtype F32, F16 or BF16, of the file
   */
  static void weights(Path file, Parameters parameters, Block block, String prefix, Map<String, Tensor> constants,
      DType dtype) {
    Map<String, Shape> shapes = new TreeMap<>();
    constants.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    parameters.stored().keySet().stream().filter(name -> name.startsWith(prefix))
        .forEach(name -> shapes.put(name.substring(prefix.length()), parameters.stored().get(name)));
    create(file.getParent());
    SafetensorsWriter.write(file, shapes, dtype, Map.of("format", "pt"),
        (name, shape, first, chunk, count) -> {
          if (constants.containsKey(name)) {
            MemorySegment.copy(constants.get(name).data(), ValueLayout.JAVA_FLOAT, 4 * first, chunk, 0, count);
          } else {
            parameters.copy(block, prefix + name, first, chunk, count);
          }
        });
  }

  static void json(Path file, Map<String, Object> values) {
    create(file.getParent());
    try {
      WholeFile.write(file, JSON.writeValueAsString(values) + "\n");
    } catch (IOException e) {
      throw new TrainingException(e.getMessage(), e);
    }
  }

  static void copy(Path from, Path to, List<String> names) {
    create(to);
    for (String name : names) {
      try {
        if (Files.exists(from.resolve(name))) {
          Files.copy(from.resolve(name), to.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
      } catch (IOException e) {
        throw new TrainingException(to.resolve(name) + ": cannot be written: " + e, e);
      }
    }
  }

  static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new TrainingException(folder + ": cannot be made: " + e, e);
    }
  }
}
