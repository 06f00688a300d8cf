package dev.langevin.pipeline.files;

import dev.langevin.text.ClipTokenizer;
import java.util.Map;

/** A model's parts some of which are changed; the others are the model's. */
interface WrappedParts extends ModelParts {

  /** The model's own. */
  ModelParts base();

  @Override
  default String name() {
    return base().name();
  }

  @Override
  default Map<String, String> components() {
    return base().components();
  }

  @Override
  default Map<String, Object> options() {
    return base().options();
  }

  @Override
  default boolean has(String component) {
    return base().has(component);
  }

  @Override
  default Map<String, Object> config(String component) {
    return base().config(component);
  }

  @Override
  default Map<String, Object> schedulerConfig(String component) {
    return base().schedulerConfig(component);
  }

  @Override
  default ClipTokenizer tokenizer(String component) {
    return base().tokenizer(component);
  }

  @Override
  default Map<String, String> metadata(String component) {
    return base().metadata(component);
  }

  @Override
  default Map<String, Object> autoencoderHabits() {
    return base().autoencoderHabits();
  }
}
