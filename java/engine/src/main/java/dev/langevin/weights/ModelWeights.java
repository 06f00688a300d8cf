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
import java.util.stream.Collectors;

/**
 * The weights of one component by their names in the network, from a file or from shards with an index. Tensors live
 * until {@link #close}; any thread may read them.
 */
public final class ModelWeights implements NamedTensors, AutoCloseable {

  /**
   * Whole files and indexes of shards, the preferred first: what diffusers writes, what transformers writes, what both
   * once wrote.
   */
  private static final List<String> FILES = List.of(
      "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors",
      "model.safetensors", "model.fp16.safetensors",
      "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors.index.fp16.json",
      "model.safetensors.index.json", "model.safetensors.index.fp16.json",
      "diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.bin", "pytorch_model.bin", "pytorch_model.fp16.bin",
      "diffusion_pytorch_model.bin.index.json", "pytorch_model.bin.index.json");

  /** Layers of attention by the names that diffusers gave them before version 0.15. */
  private static final Map<String, String> RENAMED = Map.of(
      "query", "to_q", "key", "to_k", "value", "to_v", "proj_attn", "to_out.0");

  private final Path path;
  private final List<WeightFile> files;
  private final NamedTensors tensors;

  private record Place(WeightFile file, String name) {}

  /** The tensors of all files as they lie there. */
  private final class Stored implements NamedTensors {

    private final Map<String, Place> places = new LinkedHashMap<>();

    Stored(boolean unread) {
      for (WeightFile file : files) {
        for (String name : file.names()) {
          if (!unread && name.endsWith(".position_ids")) {
            continue; // 0, 1, 2, ..., which older writers stored
          }
          if (places.put(presentName(name), new Place(file, name)) != null) {
            throw new WeightsException(file.path() + ": the tensor '" + name + "' is in another shard too");
          }
        }
      }
    }

    @Override
    public Tensor tensor(String name) {
      Place place = places.get(name);
      if (place == null) {
        throw new WeightsException(path + ": there is no tensor '" + name
            + "'; do config.json and the weights belong together?");
      }
      return place.file.tensor(place.name);
    }

    @Override
    public Set<String> names() {
      return Collections.unmodifiableSet(places.keySet());
    }

    @Override
    public String origin() {
      return path.toString();
    }
  }

  private ModelWeights(Path path, List<WeightFile> files, boolean unread) {
    this.path = path;
    this.files = files;
    this.tensors = ScaledTensors.of(new Stored(unread), files); // a factor may lie in another shard than what it scales
  }

  /**
   * Finds and maps the weights in a component's folder.
   *
   * @throws WeightsException if there are none, or a file is missing or malformed
   */
  public static ModelWeights open(Path folder) {
    return open(folder, false);
  }

  /** {@link #open} with those tensors too that no network reads: for a copy. */
  public static ModelWeights whole(Path folder) {
    return open(folder, true);
  }

  private static ModelWeights open(Path folder, boolean unread) {
    for (String name : FILES) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        return of(file, name.endsWith(".json") ? shards(folder, file) : List.of(file), unread);
      }
    }
    throw new WeightsException(folder + ": there is no " + FILES.getFirst()
        + " (nor .fp16.safetensors, nor shards with an index, nor .bin); was the model downloaded whole?");
  }

  private static ModelWeights of(Path path, List<Path> paths, boolean unread) {
    List<WeightFile> files = new ArrayList<>();
    try {
      for (Path file : paths) {
        files.add(WeightFile.stored(file));
      }
      return new ModelWeights(path, files, unread);
    } catch (RuntimeException e) {
      files.forEach(WeightFile::close);
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
    return tensors.tensor(name);
  }

  @Override
  public Set<String> names() {
    return tensors.names();
  }

  @Override
  public String origin() {
    return path.toString();
  }

  @Override
  public String identity() {
    return files.stream().map(WeightFile::identity).collect(Collectors.joining("\n"));
  }

  /** The file, or the index of the shards. */
  public Path path() {
    return path;
  }

  /** The file, or the shards. */
  public List<Path> paths() {
    return files.stream().map(WeightFile::path).toList();
  }

  /** The free text of all files; where two say something else of the same, the last counts. */
  public Map<String, String> metadata() {
    Map<String, String> all = new LinkedHashMap<>();
    files.forEach(file -> all.putAll(file.metadata()));
    return all;
  }

  /** Whether {@link #open} finds weights in a folder. */
  public static boolean in(Path folder) {
    return FILES.stream().anyMatch(name -> Files.exists(folder.resolve(name)));
  }

  /** What diffusers, or transformers, calls the one file of such weights. */
  public String usualName() {
    return path.getFileName().toString().startsWith("diffusion_pytorch_model") ? "diffusion_pytorch_model.safetensors"
        : "model.safetensors";
  }

  @Override
  public void unload() {
    files.forEach(WeightFile::unload);
  }

  @Override
  public void requireUnchanged() {
    files.forEach(WeightFile::requireUnchanged);
  }

  @Override
  public void close() {
    files.forEach(WeightFile::close);
  }
}
