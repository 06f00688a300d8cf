package dev.langevin.cli;

import dev.langevin.text.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds the model that a picture was made with by its {@link ModelHash}: among those used before, whose paths are the
 * user's own, and under folders that the user names. What the picture calls the model is compared, never opened.
 */
final class ModelFinder {

  /** Folders below a folder that are looked into. */
  private static final int DEPTH = 6;

  private static final List<String> ENDINGS = List.of(".safetensors", ".ckpt", ".pt", ".pth", ".bin");

  private final ModelHash hashes;
  private final CacheLines used;

  ModelFinder(ModelHash hashes, CacheLines used) {
    this.hashes = hashes;
    this.used = used;
  }

  /** One that knows the models which this user has used. */
  static ModelFinder usual() {
    return new ModelFinder(ModelHash.usual(), new CacheLines(CacheLines.usualFolder(), "models-used"));
  }

  /** Notes a model that was used. */
  void used(Path model, String hash) {
    String path = "\t" + model.toAbsolutePath().normalize();
    used.add(hash + path, path);
  }

  /**
   * The model of that hash, or null.
   *
   * @param hash ten hexadecimal digits or more, as a picture has it; or null
   * @param name what the picture calls it, which is looked at first; or null
   * @param folder under which models lie, or null for none
   * @throws IOException if the folder cannot be read
   */
  Path find(String hash, String name, Path folder) throws IOException {
    if (hash == null || !hash.matches("[0-9a-fA-F]{10,64}")) {
      return null;
    }
    String wanted = hash.toLowerCase(Locale.ROOT).substring(0, 10);
    List<Path> candidates = new ArrayList<>();
    for (String line : used.read().reversed()) {
      int tab = line.indexOf('\t');
      if (tab > 0 && line.substring(0, tab).equals(wanted)) {
        candidates.add(Path.of(line.substring(tab + 1)));
      }
    }
    if (folder != null) {
      candidates.addAll(under(folder, name));
    }
    for (Path candidate : candidates) {
      try {
        if (Files.exists(candidate) && hashes.of(candidate).equals(wanted)) {
          return candidate;
        }
      } catch (IOException e) {
        Messages.warn(candidate + " is not looked at: " + e);
      }
    }
    return null;
  }

  /**
   * Models that were used before and are still there, and those under a folder.
   *
   * @param folder or null for none
   * @throws IOException if the folder cannot be read
   */
  List<Path> onDisk(Path folder) throws IOException {
    TreeSet<Path> found = new TreeSet<>();
    for (String line : used.read()) {
      int tab = line.indexOf('\t');
      Path place = Path.of(line.substring(tab + 1));
      if (tab > 0 && Files.exists(place)) {
        found.add(place);
      }
    }
    if (folder != null) {
      under(folder, null).forEach(place -> found.add(place.toAbsolutePath().normalize()));
    }
    return List.copyOf(found);
  }

  /** Files and folders of models, those of the wanted name first. */
  private static List<Path> under(Path folder, String name) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "--model-dir " + Printable.of(folder.toString()) + ": there is no such folder");
    }
    try (Stream<Path> all = Files.walk(folder, DEPTH)) {
      return all.filter(ModelFinder::isModel)
          .sorted(Comparator.comparing((Path file) -> !isNamed(file, name)).thenComparing(Path::toString)).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean isModel(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return Files.isDirectory(file) ? Files.isRegularFile(file.resolve("model_index.json"))
        : ENDINGS.stream().anyMatch(name::endsWith) && !Files.isRegularFile(file.resolveSibling("config.json"));
  }

  private static boolean isNamed(Path file, String name) {
    String own = String.valueOf(file.getFileName());
    return own.equals(name) || own.substring(0, Math.max(0, own.lastIndexOf('.'))).equals(name);
  }
}
