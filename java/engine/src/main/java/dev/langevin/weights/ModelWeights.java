package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The weights of one component by their names in the network, from a file or from shards with an index. Tensors are views that
 * live until {@link #close}; any thread may read them.
 */
public final class ModelWeights implements NamedTensors, AutoCloseable {

  /** Names of whole files, the preferred first: what diffusers writes, then what transformers writes. */
  private static final List<String> FILES = List.of(
      "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors",
      "model.safetensors", "model.fp16.safetensors");

  private static final List<String> INDEXES = List.of(
      "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors.index.fp16.json",
      "model.safetensors.index.json", "model.safetensors.index.fp16.json");

  /** Layers of attention by the names that diffusers gave them before version 0.15. */
  private static final Map<String, String> RENAMED = Map.of(
      "query", "to_q", "key", "to_k", "value", "to_v", "proj_attn", "to_out.0");

  private final Path path;
  private final List<SafetensorsFile> files;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  private ModelWeights(Path path, List<SafetensorsFile> files) {
    this.path = path;
    this.files = files;
    for (SafetensorsFile file : files) {
      for (String name : file.names()) {
        if (name.endsWith(".position_ids")) {
          continue; // 0, 1, 2, ..., which older writers stored
        }
        if (tensors.put(presentName(name), file.tensor(name)) != null) {
          throw new WeightsException(file.path() + ": the tensor '" + name + "' is in another shard too");
        }
      }
    }
  }

  /**
   * Finds and maps the weights in a component's folder.
   *
   * @throws WeightsException if there are none, or a file is missing or malformed
   */
  public static ModelWeights open(Path folder) {
    for (String name : FILES) {
      if (Files.exists(folder.resolve(name))) {
        return of(folder.resolve(name), List.of(folder.resolve(name)));
      }
    }
    for (String name : INDEXES) {
      if (Files.exists(folder.resolve(name))) {
        return of(folder.resolve(name), shards(folder, folder.resolve(name)));
      }
    }
    throw new WeightsException(folder + ": there is no " + FILES.getFirst()
        + " (nor .fp16.safetensors, nor shards with an index); was the model downloaded whole?");
  }

  private static ModelWeights of(Path path, List<Path> paths) {
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      for (Path file : paths) {
        files.add(SafetensorsFile.open(file));
      }
      return new ModelWeights(path, files);
    } catch (RuntimeException e) {
      files.forEach(SafetensorsFile::close);
      throw e;
    }
  }

  private static List<Path> shards(Path folder, Path index) {
    if (!(ModelFolder.json(index).get("weight_map") instanceof Map<?, ?> map) || map.isEmpty()) {
      throw new WeightsException(index + ": weight_map is missing, must give each tensor's file");
    }
    TreeSet<String> names = new TreeSet<>();
    map.values().forEach(file -> names.add(String.valueOf(file)));
    List<Path> shards = new ArrayList<>();
    for (String name : names) {
      Path shard = folder.resolve(name).normalize();
      if (!shard.getParent().equals(folder.normalize())) {
        throw new WeightsException(index + ": the shard '" + name + "' does not lie beside its index");
      }
      shards.add(shard);
    }
    return shards;
  }

  /** Only {@code attentions.N.query.weight} and its like: the names stand for a layer of their own. */
  private static String presentName(String name) {
    String[] parts = name.split("\\.");
    int layer = parts.length - 2;
    if (layer >= 2 && RENAMED.containsKey(parts[layer]) && parts[layer - 2].equals("attentions")) {
      parts[layer] = RENAMED.get(parts[layer]);
      return String.join(".", parts);
    }
    return name;
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new WeightsException(path + ": there is no tensor '" + name
          + "'; do config.json and the weights belong together?");
    }
    return tensor;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public String origin() {
    return path.toString();
  }

  /** The file, or the index of the shards. */
  public Path path() {
    return path;
  }

  @Override
  public void unload() {
    files.forEach(SafetensorsFile::unload);
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
