package dev.langevin.reference;

import dev.langevin.pipeline.files.ModelParts;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.TokenizerFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A folder of text encoders and their tokenizers alone, as the cases of prompts have it. */
final class TextParts implements ModelParts {

  private final Path folder;
  private final Map<String, String> components = new HashMap<>();
  private final Map<String, ModelWeights> opened = new HashMap<>();

  TextParts(Path folder, boolean both) {
    this.folder = folder;
    components.put("text_encoder", "CLIPTextModel");
    if (both) {
      components.put("text_encoder_2", "CLIPTextModelWithProjection");
    }
  }

  @Override
  public String name() {
    return folder.toString();
  }

  @Override
  public Map<String, String> components() {
    return components;
  }

  @Override
  public Map<String, Object> options() {
    return Map.of();
  }

  @Override
  public boolean has(String component) {
    return components.containsKey(component);
  }

  @Override
  public Map<String, Object> config(String component) {
    try {
      return ReferenceCase.map(folder.resolve(component).resolve("config.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Map<String, Object> schedulerConfig(String component) {
    throw new UnsupportedOperationException("there is no scheduler");
  }

  @Override
  public ClipTokenizer tokenizer(String component) {
    return TokenizerFiles.clip(folder.resolve(component));
  }

  @Override
  public NamedTensors weights(String component) {
    return opened.computeIfAbsent(component, name -> ModelWeights.open(folder.resolve(name)));
  }

  @Override
  public void close() {
    opened.values().forEach(ModelWeights::close);
  }
}
