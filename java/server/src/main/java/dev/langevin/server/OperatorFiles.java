package dev.langevin.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Files and folders of one of the operator's folders, by their names without ending. What a request names is looked up
 * among these and is never a path. Thread-safe.
 */
public final class OperatorFiles {

  private static final List<String> ENDINGS = List.of(".safetensors", ".pth", ".pt", ".ckpt", ".bin");

  private final Path folder; // or null
  private final boolean folders;

  /**
   * The files of a folder; none where it is null.
   *
   * @param folders whether folders with a {@code config.json} count, too
   */
  public OperatorFiles(Path folder, boolean folders) {
    this.folder = folder;
    this.folders = folders;
  }

  /** All of them now, by name. */
  public Map<String, Path> list() {
    Map<String, Path> found = new LinkedHashMap<>();
    if (folder == null) {
      return found;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path each : entries.sorted().toList()) {
        String name = String.valueOf(each.getFileName());
        String ending = ENDINGS.stream().filter(name::endsWith).findFirst().orElse(null);
        if (folders && Files.isRegularFile(each.resolve("config.json"))) {
          found.putIfAbsent(name, each);
        } else if (ending != null && Files.isRegularFile(each)) {
          found.putIfAbsent(name.substring(0, name.length() - ending.length()), each);
        }
      }
    } catch (IOException e) {
      throw new Fault(Fault.INTERNAL, "folder", "a folder of the operator's cannot be read");
    }
    return found;
  }

  /** By its name, with or without ending and a hash in brackets behind it; null where there is none. */
  public Path find(String name) {
    String plain = name.replaceFirst(" \\[[0-9a-f]{6,64}]$", "");
    Map<String, Path> all = list();
    Path found = all.get(plain);
    return found != null ? found : all.values().stream()
        .filter(each -> each.getFileName().toString().equals(plain)).findFirst().orElse(null);
  }
}
