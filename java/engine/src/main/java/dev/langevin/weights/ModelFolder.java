package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A model as diffusers saves it: {@code model_index.json} and a folder for each component. */
public record ModelFolder(Path root) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The pipeline's class by {@code model_index.json}. */
  public String pipelineClass() {
    Object name = json(root.resolve("model_index.json")).get("_class_name");
    if (!(name instanceof String className)) {
      throw new WeightsException(root.resolve("model_index.json") + ": _class_name is " + name + ", must be a pipeline's class");
    }
    return className;
  }

  /** Configuration of a network component. */
  public Map<String, Object> config(String component) {
    return json(root.resolve(component).resolve("config.json"));
  }

  /** Configuration of the sampler. */
  public Map<String, Object> schedulerConfig() {
    return json(root.resolve("scheduler").resolve("scheduler_config.json"));
  }

  /** Opens the weights of a component; the caller closes them. */
  public SafetensorsFile weights(String component) {
    Path folder = root.resolve(component);
    for (String name : new String[] {"diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors"}) {
      if (Files.exists(folder.resolve(name))) {
        return SafetensorsFile.open(folder.resolve(name));
      }
    }
    throw new WeightsException(folder + ": there is no diffusion_pytorch_model.safetensors"
        + " (nor .fp16.safetensors); was the model downloaded whole?");
  }

  private static Map<String, Object> json(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new WeightsException(file + ": there is no such file; --model names a diffusers folder");
    }
    try {
      return JSON.readValue(Files.readString(file), new TypeReference<Map<String, Object>>() {});
    } catch (JsonProcessingException e) {
      throw new WeightsException(file + ": is not a JSON object: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read: " + e, e);
    }
  }
}
