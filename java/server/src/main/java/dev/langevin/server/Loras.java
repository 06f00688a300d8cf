package dev.langevin.server;

import dev.langevin.request.LoadOptions.Lora;
import dev.langevin.text.ExtraNetwork;
import dev.langevin.weights.UpdateNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Files of updates in the operator's folder, by their names without ending. What a request names is looked up among
 * these and is never a path. Thread-safe.
 */
public final class Loras {

  private static final List<String> ENDINGS = List.of(".safetensors", ".pt", ".ckpt", ".bin");
  private static final int DEEPEST = 8; // folders

  private final Path folder; // or null

  Loras(Path folder) {
    this.folder = folder;
  }

  /** All of them now, by name. */
  public Map<String, Path> list() {
    Map<String, Path> found = new LinkedHashMap<>();
    if (folder == null) {
      return found;
    }
    try (Stream<Path> files = Files.walk(folder, DEEPEST, FileVisitOption.FOLLOW_LINKS)) {
      files.filter(file -> ENDINGS.stream().anyMatch(file.toString()::endsWith)).filter(Files::isRegularFile).sorted()
          .forEach(file -> found.putIfAbsent(UpdateNames.stem(file), file));
    } catch (IOException | UncheckedIOException e) {
      throw new Fault(Fault.INTERNAL, "lora_dir", "the folder of updates cannot be read");
    }
    return found;
  }

  /**
   * The file of that name, as the folder is now.
   *
   * @throws Fault 400 if there is none of that name
   */
  public Path find(String name) {
    Path file = list().get(name);
    if (file == null) {
      throw Fault.of("lora",
          folder == null ? "this server has no folder of LoRAs; the operator names one with --lora-dir"
              : "there is no LoRA called '" + name + "' here");
    }
    return file;
  }

  /** What a prompt calls by {@code <lora:name:0.8>}, in order. */
  public List<Lora> of(String prompt) {
    List<Lora> called = new ArrayList<>();
    for (ExtraNetwork network : ExtraNetwork.of(prompt == null ? "" : prompt)) {
      if (network.updates()) {
        called.add(new Lora(find(network.name()), network.weight(), network.textWeight()));
      }
    }
    return called;
  }
}
