package dev.langevin.pipeline.files;

import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.NamedTensors;
import java.util.Map;

/** Where the parts of a model come from: a diffusers folder, or one file that holds them all. Owns the open files. */
public interface ModelParts extends AutoCloseable {

  /** What the model is called in messages. */
  String name();

  /** Class of each component, by diffusers' names of both. */
  Map<String, String> components();

  /** Options of the whole model, by diffusers' names. */
  Map<String, Object> options();

  /** Whether there is such a network. */
  boolean has(String component);

  Map<String, Object> config(String component);

  Map<String, Object> schedulerConfig(String component);

  ClipTokenizer tokenizer(String component);

  /** Tensors of a component by the names of its network; the same for every call. */
  NamedTensors weights(String component);

  /** The free text of a component's file. */
  default Map<String, String> metadata(String component) {
    return Map.of();
  }

  @Override
  void close();
}
