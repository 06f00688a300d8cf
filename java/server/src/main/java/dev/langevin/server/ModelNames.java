package dev.langevin.server;

import dev.langevin.cli.EmbeddedModels;
import dev.langevin.cli.ServeOptions;
import dev.langevin.hub.CachedModel;
import dev.langevin.hub.ModelHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Which models there are: those that the operator named, those in the operator's folders and the hub's cache, or where
 * there are none at all the embedded ones. A request's name is looked up among these and is never a path. Thread-safe.
 */
final class ModelNames {

  private static final List<String> ENDINGS = List.of(".safetensors", ".ckpt");

  /** What the embedded model of emoji is usually guided by: more makes its colours too strong. */
  private static final double EMOJI_GUIDANCE = 3;

  private final ServeOptions options;
  private final Map<String, String> aliases = new LinkedHashMap<>();
  private final Map<String, ServedModel> embedded = new LinkedHashMap<>();
  private volatile Map<String, ServedModel> models = Map.of();

  /** @throws IllegalArgumentException if a folder or an option cannot be read, saying which */
  ModelNames(ServeOptions options) {
    this.options = options;
    for (String alias : options.aliases) {
      String[] pair = pair("--alias", alias, "gpt-image-1=sd15");
      aliases.put(pair[0], pair[1]);
    }
    refresh();
    aliases.forEach((alias, model) -> require("--alias " + alias + "=" + model, model));
    if (options.defaultModel != null) {
      require("--default-model " + options.defaultModel, options.defaultModel);
    }
  }

  private void require(String option, String model) {
    if (find(model) == null) {
      throw new IllegalArgumentException(option + ": there is no model called that; there are " + models.keySet());
    }
  }

  private static String[] pair(String option, String argument, String example) {
    int equals = argument.indexOf('=');
    if (equals < 1 || equals == argument.length() - 1) {
      throw new IllegalArgumentException(option + " is '" + argument + "', must be such as " + example);
    }
    return new String[] {argument.substring(0, equals), argument.substring(equals + 1)};
  }

  /** Looks again at the folders. */
  void refresh() {
    Map<String, ServedModel> found = new LinkedHashMap<>();
    for (String model : options.models) {
      String[] pair = pair("--model", model, "sd15=models/sd15");
      add(found, pair[0], Path.of(pair[1]));
    }
    options.folders.forEach(folder -> list(found, folder));
    if (options.hubCache) {
      cached(found);
    }
    if (options.models.isEmpty() && options.folders.isEmpty() && !options.hubCache) {
      found.putAll(embedded());
    }
    models = found;
  }

  private static void add(Map<String, ServedModel> found, String name, Path path) {
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("the model " + name + ": there is no " + path);
    }
    try {
      found.putIfAbsent(name,
          new ServedModel(name, path, null, Files.getLastModifiedTime(path).toMillis() / 1000));
    } catch (IOException e) {
      throw new IllegalArgumentException("the model " + name + ": " + path + " cannot be read: " + e, e);
    }
  }

  private static void list(Map<String, ServedModel> found, Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path each : entries.sorted().toList()) {
        String name = String.valueOf(each.getFileName());
        String ending = ENDINGS.stream().filter(name::endsWith).findFirst().orElse(null);
        if (Files.isRegularFile(each.resolve("model_index.json"))) {
          add(found, name, each);
        } else if (ending != null && Files.isRegularFile(each)) {
          add(found, name.substring(0, name.length() - ending.length()), each);
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("--models " + folder + " cannot be read: " + e, e);
    }
  }

  private static void cached(Map<String, ServedModel> found) {
    try (ModelHub hub = ModelHub.usual()) {
      for (CachedModel model : hub.models()) {
        if (Files.isRegularFile(model.folder().resolve("model_index.json"))) {
          add(found, model.repository(), model.folder());
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("--hub-cache: the cache cannot be read: " + e.getMessage(), e);
    }
  }

  private synchronized Map<String, ServedModel> embedded() {
    try {
      if (embedded.isEmpty()) {
        embedded.put("emoji", new ServedModel("emoji", EmbeddedModels.emoji(), EMOJI_GUIDANCE, 0));
        embedded.put("fashion", new ServedModel("fashion", EmbeddedModels.fashion(), null, 0));
      }
      return embedded;
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  List<ServedModel> all() {
    return List.copyOf(models.values());
  }

  /** Names that stand for models under other names. */
  Map<String, String> aliases() {
    return Map.copyOf(aliases);
  }

  /** The model of that name or alias, or null. */
  ServedModel find(String name) {
    return models.get(aliases.getOrDefault(name, name));
  }

  /** That of requests which name none. */
  ServedModel usual() {
    return options.defaultModel != null ? find(options.defaultModel)
        : models.values().stream().findFirst().orElse(null);
  }
}
