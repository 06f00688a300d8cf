package dev.langevin.pipeline.files;

import dev.langevin.weights.JsonFiles;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Copies a model's folder with its weights in another encoding. Links are followed. Each network's weights become one
 * safetensors file under the name that diffusers or transformers looks for first, whatever they lay in: shards, a torch
 * checkpoint, a variant; what else lies beside them in other forms is left out. All other files are copied as they are.
 */
final class FolderCopy {

  private static final String INDEX = "model_index.json";

  /** Forms that weights and training's states lie in. */
  static final Pattern WEIGHTS =
      Pattern.compile(".*\\.(safetensors|bin|ckpt|pt|pth|msgpack|h5|onnx|onnx_data|pb|gguf|index(\\..*)?\\.json)");

  /** What tools keep beside a model. */
  private static final Set<String> TOOLS = Set.of(".git", ".cache", ".huggingface");

  private static final Pattern DTYPE = Pattern.compile("(\"(?:torch_)?dtype\"\\s*:\\s*\")(float32|float16|bfloat16)\"");

  private final Path root;
  private final WrittenAs written;
  private final Map<String, NamedTensors> others;
  private final Set<String> leftOutFolders;
  private final Consumer<String> told;
  private final Map<String, String> classes;

  /**
   * @param others weights that stand in for a component's own, by component; one without a folder is not written
   * @param leftOutFolders of the root
   * @param classes of diffusers that the index is to have, by component
   * @param told what is left out
   */
  FolderCopy(Path root, WrittenAs written, Map<String, NamedTensors> others, Set<String> leftOutFolders,
      Map<String, String> classes, Consumer<String> told) {
    this.root = root;
    this.written = written;
    this.others = others;
    this.leftOutFolders = leftOutFolders;
    this.classes = classes;
    this.told = told;
  }

  /**
   * Writes the copy, the index last: without it the copy is no model.
   *
   * @param target exists and is empty
   */
  void write(Path target) throws IOException {
    Map<Path, List<Path>> folders = new TreeMap<>();
    for (Path file : files()) {
      folders.computeIfAbsent(root.relativize(file.getParent()), folder -> new ArrayList<>()).add(file);
    }
    Path index = root.resolve(INDEX);
    for (Map.Entry<Path, List<Path>> folder : folders.entrySet()) {
      Path to = target.resolve(folder.getKey().toString());
      Files.createDirectories(to);
      List<Path> files = new ArrayList<>(folder.getValue());
      files.remove(index);
      if (ModelWeights.in(root.resolve(folder.getKey()))) {
        network(folder.getKey().toString(), files, to);
      } else {
        loose(files, to);
      }
    }
    if (Files.exists(index)) {
      index(index, target.resolve(INDEX));
    }
  }

  /** As it is, unless a component is of another class now. */
  private void index(Path from, Path to) throws IOException {
    Map<String, Object> index = JsonFiles.read(from);
    boolean same = classes.entrySet().stream()
        .allMatch(entry -> index.get(entry.getKey()) instanceof List<?> pair && pair.contains(entry.getValue()));
    if (same) {
      Files.copy(from, to);
      return;
    }
    classes.forEach((component, className) -> index.put(component, List.of("diffusers", className)));
    JsonFiles.write(to, index);
  }

  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
      for (Path file : all.sorted(Comparator.naturalOrder()).toList()) {
        Path within = root.relativize(file);
        if (TOOLS.contains(within.getName(0).toString()) || leftOutFolders.contains(within.getName(0).toString())
            || Files.isDirectory(file)) {
          continue;
        }
        if (!Files.isRegularFile(file)) {
          throw new IOException(file + (Files.isSymbolicLink(file)
              ? " is a link to " + Files.readSymbolicLink(file) + ", where nothing is; mend or remove it"
              : " is neither a file nor a folder; remove it"));
        }
        files.add(file);
      }
    } catch (UncheckedIOException e) {
      throw new IOException(root + ": cannot be read: " + e.getCause(), e);
    }
    return files;
  }

  private void network(String folder, List<Path> files, Path to) throws IOException {
    List<String> leftOut = new ArrayList<>();
    try (ModelWeights weights = ModelWeights.whole(root.resolve(folder))) {
      List<Path> read = weights.paths();
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (!WEIGHTS.matcher(name).matches()) {
          copy(file, to.resolve(name));
        } else if (!read.contains(file) && !file.equals(weights.path())) {
          leftOut.add(name);
        }
      }
      written.write(to.resolve(weights.usualName()), others.getOrDefault(folder, weights), weights.metadata(), told);
    }
    tell(folder, leftOut, "the same weights in other forms");
  }

  private void loose(List<Path> files, Path to) throws IOException {
    List<String> leftOut = new ArrayList<>();
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (name.endsWith(".safetensors")) {
        try (WeightFile weights = WeightFile.open(file)) {
          written.write(to.resolve(name), weights, weights.metadata(), told);
        }
      } else if (WEIGHTS.matcher(name).matches()) {
        leftOut.add(name);
      } else {
        copy(file, to.resolve(name));
      }
    }
    tell(root.relativize(files.isEmpty() ? root : files.getFirst().getParent()).toString(), leftOut,
        "no weights by a network's names");
  }

  private void tell(String folder, List<String> leftOut, String why) {
    if (!leftOut.isEmpty()) {
      told.accept(root.resolve(folder) + ": left out, as they are " + why + ": " + String.join(", ", leftOut));
    }
  }

  /** A file as it is; but a configuration that says how its weights are stored says it of the copy's. */
  private void copy(Path from, Path to) throws IOException {
    if (from.endsWith("config.json")) {
      String text = Files.readString(from);
      Matcher dtype = DTYPE.matcher(text);
      String stored = written.torchName();
      if (stored != null && dtype.find()) {
        Files.writeString(to, dtype.replaceFirst("$1" + stored + "\""));
        return;
      }
    }
    Files.copy(from, to);
  }
}
