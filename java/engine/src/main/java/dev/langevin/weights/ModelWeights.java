package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The weights of one component by their names in the network, from a file or from shards with an index. Tensors are views that
 * live until {@link #close}; any thread may read them.
 */
public final class ModelWeights implements TensorSource, AutoCloseable {

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

  /**
   * Compares what is there with what a network reads, by names, shapes and types alone.
   *
   * @param expected shape of every tensor that the network reads
   * @throws WeightsException naming the missing, the unused and the ill-fitting tensors
   */
  public void requireFit(Map<String, Shape> expected) {
    List<String> faults = new ArrayList<>();
    List<String> missing = expected.keySet().stream().filter(name -> !tensors.containsKey(name)).sorted().toList();
    List<String> unused = tensors.keySet().stream().filter(name -> !expected.containsKey(name)).sorted().toList();
    if (!missing.isEmpty()) {
      faults.add(missing.size() + " missing: " + some(missing));
    }
    if (!unused.isEmpty()) {
      faults.add(unused.size() + " that the network has no place for: " + some(unused));
    }
    List<String> wrong = new ArrayList<>();
    expected.forEach((name, shape) -> {
      Tensor tensor = tensors.get(name);
      if (tensor != null && !tensor.shape().equals(shape)) {
        wrong.add(name + " is " + tensor.shape() + ", the network expects " + shape);
      } else if (tensor != null && !tensor.dtype().isFloatingPoint()) {
        wrong.add(name + " is " + tensor.dtype() + ", the network expects F32, F16, BF16 or F64");
      }
    });
    if (!wrong.isEmpty()) {
      faults.add(wrong.size() + " that do not fit: " + some(wrong));
    }
    if (!faults.isEmpty()) {
      throw new WeightsException(path + ": of " + tensors.size() + " tensors, " + String.join("; ", faults)
          + "; do config.json and the weights belong together?");
    }
  }

  private static String some(List<String> names) {
    int shown = Math.min(10, names.size());
    return String.join(", ", names.subList(0, shown)) + (shown < names.size() ? ", ..." : "");
  }

  /** Names of the tensors that hold NaN or an infinity, in the order of the file; reads all of it. */
  public List<String> notFinite() {
    List<String> names = new ArrayList<>();
    tensors.forEach((name, tensor) -> {
      if (tensor.dtype().isFloatingPoint() && !tensor.isFinite()) {
        names.add(name);
      }
    });
    return names;
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

  public boolean has(String name) {
    return tensors.containsKey(name);
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
