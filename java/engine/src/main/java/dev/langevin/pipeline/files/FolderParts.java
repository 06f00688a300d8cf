package dev.langevin.pipeline.files;

import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.TokenizerFiles;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The parts of a diffusers folder; or the one network of a folder that has no others, by whatever name it is asked for.
 */
public final class FolderParts implements ModelParts {

  private final ModelFolder folder;
  private final Map<String, String> instead;
  private final Map<String, ModelWeights> opened = new ConcurrentHashMap<>();

  /**
   * A folder of which nothing is read before it is asked for.
   *
   * @param path of the folder with {@code model_index.json}
   */
  public FolderParts(Path path) {
    this(path, Map.of());
  }

  /** @param instead folders in whose place a component's weights are taken from, by component */
  FolderParts(Path path, Map<String, String> instead) {
    this.folder = new ModelFolder(path);
    this.instead = instead;
  }

  @Override
  public String name() {
    return folder.root().toString();
  }

  @Override
  public Map<String, String> components() {
    return folder.components();
  }

  @Override
  public Map<String, Object> options() {
    return folder.options();
  }

  @Override
  public boolean has(String component) {
    return folder.has(component);
  }

  @Override
  public Map<String, Object> config(String component) {
    return folder.config(component);
  }

  @Override
  public Map<String, Object> schedulerConfig(String component) {
    return folder.schedulerConfig(component);
  }

  @Override
  public ClipTokenizer tokenizer(String component) {
    return TokenizerFiles.clip(folder.component(component));
  }

  @Override
  public NamedTensors weights(String component) {
    return open(component);
  }

  private ModelWeights open(String component) {
    return opened.computeIfAbsent(component, name -> folder.weights(instead.getOrDefault(name, name)));
  }

  @Override
  public Map<String, String> metadata(String component) {
    return open(component).metadata();
  }

  @Override
  public void close() {
    opened.values().forEach(ModelWeights::close);
  }
}
