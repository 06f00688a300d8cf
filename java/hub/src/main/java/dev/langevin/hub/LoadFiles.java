package dev.langevin.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.hub.HubException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which of a model's files a load reads: {@code model_index.json}, and of each component its configuration and its
 * weights once: safetensors before pickles, in half precision where they are, in one file or in shards. Not those of
 * other programs (ONNX, Flax, OpenVINO, Core ML), not single files that hold the components once more, and none of
 * components that make no picture.
 */
final class LoadFiles {

  static final String INDEX = "model_index.json";

  /** Weights of a component, the preferred first; of an index its shards too. */
  private static final List<String> WEIGHTS = List.of(
      "diffusion_pytorch_model.fp16.safetensors", "model.fp16.safetensors",
      "diffusion_pytorch_model.safetensors.index.fp16.json", "model.safetensors.index.fp16.json",
      "diffusion_pytorch_model.safetensors", "model.safetensors",
      "diffusion_pytorch_model.safetensors.index.json", "model.safetensors.index.json",
      "diffusion_pytorch_model.fp16.bin", "pytorch_model.fp16.bin", "diffusion_pytorch_model.bin", "pytorch_model.bin",
      "diffusion_pytorch_model.bin.index.json", "pytorch_model.bin.index.json");

  /** Components that change no picture: judges of it, and what prepares a picture for them. */
  private static final Set<String> UNREAD = Set.of("safety_checker", "watermarker", "feature_extractor");

  /** Pipelines in which a picture's encoder is for adapters alone. */
  private static final Pattern TEXT_ALONE = Pattern.compile("(StableDiffusion|LatentConsistencyModel).*");

  private static final List<String> TOKENIZER = List.of("tokenizer_config.json", "special_tokens_map.json",
      "added_tokens.json");

  private static final Pattern SINGLE_FILE = Pattern.compile("[^/]+\\.(safetensors|ckpt)");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Files that are there. */
  interface Source {

    /** Their paths, with slashes. */
    Set<String> paths();

    /** A small one's bytes. */
    byte[] read(String path) throws IOException;
  }

  /**
   * What a load reads.
   *
   * @param pipeline class of the pipeline, or null
   * @param paths the files
   * @param absent files that it looks for and does without
   * @param single the only file that it opens, or null for the folder
   */
  record Choice(String pipeline, List<String> paths, List<String> absent, String single) {}

  private final String name;
  private final Source source;
  private final Predicate<String> preferred;
  private final Set<String> paths = new TreeSet<>();
  private final List<String> absent = new ArrayList<>();

  private LoadFiles(String name, Source source, Predicate<String> preferred) {
    this.name = name;
    this.source = source;
    this.preferred = preferred;
  }

  /**
   * Chooses.
   *
   * @param name of the model, for messages
   * @param preferred files that are in the cache already: weights that are there are taken before any others
   * @throws HubException if something is missing that every load needs
   * @throws IOException if a file cannot be read
   */
  static Choice choose(String name, Source source, Predicate<String> preferred) throws IOException {
    return new LoadFiles(name, source, preferred).choose();
  }

  private Choice choose() throws IOException {
    if (source.paths().contains(INDEX)) {
      String pipeline = pipeline();
      return new Choice(pipeline, List.copyOf(paths), List.copyOf(absent), null);
    }
    if (source.paths().contains("config.json") && weights("")) { // one network
      need("config.json");
      return new Choice(null, List.copyOf(paths), List.copyOf(absent), null);
    }
    List<String> single = source.paths().stream().filter(path -> SINGLE_FILE.matcher(path).matches()).toList();
    if (single.size() == 1) {
      return new Choice(null, single, List.of(), single.getFirst());
    }
    throw unsuited(single.isEmpty() ? "has no " + INDEX + ", and no weights beside a config.json"
        : "has no " + INDEX + ", but the single files " + single + "; fetch the one that you want, and name it with"
            + " --model");
  }

  private String pipeline() throws IOException {
    need(INDEX);
    JsonNode index = json(INDEX);
    String pipeline = index.path("_class_name").asText("");
    for (Map.Entry<String, JsonNode> entry : index.properties()) {
      JsonNode value = entry.getValue();
      String component = entry.getKey();
      if (!component.matches("[A-Za-z]\\w*") || !value.isArray() || value.size() != 2 || !value.get(1).isTextual()
          || UNREAD.contains(component)
          || component.equals("image_encoder") && TEXT_ALONE.matcher(pipeline).matches()) {
        continue;
      }
      component(component, value.get(1).asText());
      for (int i = 1; component.equals("controlnet") && isFolder("controlnet_" + i); i++) {
        component("controlnet_" + i, value.get(1).asText());
      }
    }
    return pipeline;
  }

  private boolean isFolder(String component) {
    return source.paths().stream().anyMatch(path -> path.startsWith(component + "/"));
  }

  private void component(String component, String className) throws IOException {
    String folder = isFolder(component) ? component + "/" : ""; // the oldest models have no folders
    if (className.endsWith("Scheduler")) {
      need(folder + "scheduler_config.json");
    } else if (className.contains("Tokenizer")) {
      if (source.paths().contains(folder + "vocab.json") || !source.paths().contains(folder + "tokenizer.json")) {
        need(folder + "vocab.json");
        need(folder + "merges.txt");
      } else {
        need(folder + "tokenizer.json");
      }
      TOKENIZER.forEach(file -> want(folder + file));
    } else {
      need(folder + "config.json");
      if (!weights(folder)) {
        List<String> others = source.paths().stream().filter(path -> path.startsWith(folder)
            && path.indexOf('/', folder.length()) < 0 && !path.endsWith(".json")).limit(5).toList();
        throw unsuited("has no weights for " + component + " as safetensors or pickles"
            + (others.isEmpty() ? "" : ", but " + others));
      }
    }
  }

  private void need(String path) throws HubException {
    if (!source.paths().contains(path)) {
      throw unsuited("has no " + path);
    }
    paths.add(path);
  }

  private void want(String path) {
    (source.paths().contains(path) ? paths : absent).add(path);
  }

  private HubException unsuited(String why) {
    return new HubException(Reason.UNSUITED, name + " " + why + "; a model is a repository as diffusers saves it");
  }

  /** Adds the best weights of a folder, if there are any. */
  private boolean weights(String folder) throws IOException {
    List<List<String>> there = new ArrayList<>();
    for (String file : WEIGHTS) {
      if (source.paths().contains(folder + file)) {
        List<String> all = new ArrayList<>(List.of(folder + file));
        if (file.endsWith(".json")) {
          all.addAll(shards(folder, folder + file));
        }
        if (source.paths().containsAll(all)) {
          if (all.stream().allMatch(preferred)) {
            paths.addAll(all);
            return true;
          }
          there.add(all);
        }
      }
    }
    if (!there.isEmpty()) {
      paths.addAll(there.getFirst());
    }
    return !there.isEmpty();
  }

  private List<String> shards(String folder, String index) throws IOException {
    Set<String> shards = new TreeSet<>();
    for (JsonNode file : json(index).path("weight_map")) {
      shards.add(folder + file.asText());
    }
    return List.copyOf(shards);
  }

  private JsonNode json(String path) throws IOException {
    try {
      JsonNode json = JSON.readTree(source.read(path));
      if (json != null && json.isObject()) {
        return json;
      }
      throw unsuited("has no JSON object in " + path);
    } catch (JsonProcessingException e) {
      throw unsuited("has no JSON in " + path + " (" + e.getOriginalMessage() + ")");
    }
  }
}
