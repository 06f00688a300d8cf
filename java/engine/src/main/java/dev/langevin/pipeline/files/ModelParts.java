package dev.langevin.pipeline.files;

import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.NamedTensors;
import java.util.HashMap;
import java.util.List;
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

  /** A network's configuration, by diffusers' names. */
  Map<String, Object> config(String component);

  /** A sampler's configuration, by diffusers' names. */
  Map<String, Object> schedulerConfig(String component);

  /** The tokenizer of a text encoder. */
  ClipTokenizer tokenizer(String component);

  /** Tensors of a component by the names of its network; the same for every call. */
  NamedTensors weights(String component);

  /** The free text of a component's file. */
  default Map<String, String> metadata(String component) {
    return Map.of();
  }

  /**
   * What an autoencoder that stands in for the model's own has of it, where its tensors do not tell: of config.json
   * {@code norm_num_groups}, {@code sample_size} and {@code scaling_factor}.
   */
  default Map<String, Object> autoencoderHabits() {
    Map<String, Object> habits = new HashMap<>();
    if (components().containsKey("vae")) {
      Map<String, Object> own = config("vae");
      for (String habit : List.of("norm_num_groups", "sample_size", "scaling_factor")) {
        if (own.get(habit) != null) {
          habits.put(habit, own.get(habit));
        }
      }
    } else if (has("unet") && "text_time".equals(config("unet").get("addition_embed_type"))) {
      habits.put("scaling_factor", 0.13025); // SD XL's (arXiv:2307.01952); the default is SD 1's and 2's
    }
    return habits;
  }

  @Override
  void close();
}
