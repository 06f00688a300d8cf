package dev.langevin.pipeline.files;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.request.ClassNames;
import dev.langevin.weights.CheckpointFamily;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Looks at a diffusers folder, or at the folder of one network. */
public final class FolderInspection {

  private final ModelFolder folder;
  private final boolean values;
  private final List<ModelReport.Component> components = new ArrayList<>();
  private final List<ModelReport.Entry> tensors = new ArrayList<>();
  private final Map<String, String> facts = new LinkedHashMap<>();
  private final List<String> faults = new ArrayList<>();
  private final TreeSet<String> formats = new TreeSet<>();
  private String family = "";

  FolderInspection(Path path, boolean values) {
    this.folder = new ModelFolder(path);
    this.values = values;
  }

  ModelReport report() {
    Path root = folder.root();
    String kind;
    if (Files.exists(folder.index())) {
      kind = "diffusers folder";
      tried(() -> {
        facts.put("pipeline", folder.pipelineClass());
        folder.components().forEach((name, className) -> tried(() -> component(name, className)));
        tried(this::classes);
        tried(this::missing);
        tried(this::beside);
        if (faults.isEmpty()) {
          use();
        }
      });
    } else if (Files.exists(root.resolve("config.json"))) {
      kind = "folder of one network";
      tried(() -> {
        String className = className(folder.config("-"));
        network("-", className);
        if (faults.isEmpty()) {
          useAlone(className);
        }
      });
    } else {
      throw new WeightsException(
          root + ": there is neither model_index.json nor config.json; is it a folder of a model?");
    }
    return new ModelReport(family + kind, formats.isEmpty() ? "none" : String.join(", ", formats),
        ModelReport.bytes(root), components,
        tensors, facts, faults);
  }

  /** Goes on after a fault, so that one report names all of them. */
  private void tried(Runnable step) {
    try {
      step.run();
    } catch (WeightsException e) {
      faults.add(e.getMessage());
    }
  }

  private void classes() {
    try {
      ClassNames names = ClassNames.of(
          (Map<?, ?>) ConfigValues.of(Configurations.MODEL_INDEX, folder.options()).given("id2label"));
      if (!names.names().isEmpty()) {
        facts.put("classes", names.shown());
      }
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.index() + ": " + e.getMessage(), e);
    }
  }

  private void component(String name, String className) {
    if (name.contains("scheduler")) {
      scheduler(name);
    } else if (className.startsWith("CLIPTokenizer")) {
      require(name);
      TokenizerFiles.clip(folder.component(name));
    } else if (className.endsWith("Tokenizer") || className.endsWith("TokenizerFast")
        || className.contains("Processor") || className.contains("Extractor")) {
      require(name);
    } else {
      network(name, className);
    }
  }

  private void require(String name) {
    if (!folder.has(name)) {
      throw new WeightsException(
          folder.root() + ": the folder " + name + " is missing; was the model downloaded whole?");
    }
  }

  private void scheduler(String name) {
    Map<String, Object> config = folder.schedulerConfig(name);
    facts.put(name.equals("scheduler") ? "sampler" : name, String.valueOf(config.get("_class_name")));
    if (name.equals("scheduler") && config.get("prediction_type") != null) {
      facts.put("predicts", String.valueOf(config.get("prediction_type")));
    }
    try {
      Schedulers.fromConfig(config);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.component(name) + ": " + e.getMessage(), e);
    }
  }

  private void network(String name, String className) {
    Map<String, Object> config = folder.config(name);
    if (className.equals("UNet2DConditionModel") || className.equals("ControlNetModel")) {
      family = family(config) + (Integer.valueOf(9).equals(config.get("in_channels")) ? "inpainting, " : "");
    }
    try (ModelWeights weights = folder.weights(name)) {
      formats.add(weights.path().toString().contains(".safetensors") ? "safetensors" : "torch checkpoint");
      components.add(ModelReport.component(name, className, weights));
      ModelReport.metadata(name.equals("-") ? "" : name + " ", weights.metadata(), facts);
      others(name, weights);
      tensors.addAll(ModelReport.entries(name.equals("-") ? "" : name + "/", weights));
      ExpectedWeights.of(className, config, weights, scored() ? 5 : 6).ifPresentOrElse(weights::requireFit,
          () -> facts.put(name, "a " + className + " is not known here; its tensors were not checked"));
      if (values) {
        ModelReport.checkValues(weights, faults);
      }
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.component(name) + ": " + e.getMessage(), e);
    }
  }

  /** Files beside a network's weights that hold weights too, and are not read. */
  private void others(String name, ModelWeights weights) {
    try (Stream<Path> files = Files.list(folder.component(name))) {
      List<Path> others = files.filter(file -> FolderCopy.WEIGHTS.matcher(file.getFileName().toString()).matches()
          && !weights.paths().contains(file) && !file.equals(weights.path())).sorted().toList();
      tellUnread(name.equals("-") ? "unread" : "unread " + name, others);
    } catch (IOException e) {
      throw new WeightsException(folder.component(name) + ": cannot be read: " + e, e);
    }
  }

  private void tellUnread(String what, List<Path> files) {
    if (!files.isEmpty()) {
      long bytes = files.stream().mapToLong(file -> file.toFile().length()).sum();
      facts.put(what, String.format(Locale.ROOT, "%d files (%,d bytes): ", files.size(), bytes)
          + files.stream().map(file -> file.getFileName().toString()).collect(Collectors.joining(", ")));
    }
  }

  /** Folders and files of weights in the model's folder that its index does not name. */
  private void beside() {
    Map<String, String> named = folder.components();
    try (Stream<Path> files = Files.list(folder.root())) {
      List<Path> all = files.sorted().toList();
      tellUnread("unread", all.stream().filter(file -> Files.isRegularFile(file)
          && FolderCopy.WEIGHTS.matcher(file.getFileName().toString()).matches()
          && !file.getFileName().toString().matches(".*index\\.json|(diffusion_)?pytorch_model.*|model\\..*"))
          .toList());
      for (Path other : all) {
        String name = other.getFileName().toString();
        if (Files.isDirectory(other) && ModelWeights.in(other) && !named.containsKey(name)
            && !name.startsWith("controlnet_")) {
          facts.put("unread " + name, String.format(Locale.ROOT, "%,d bytes: ", ModelReport.bytes(other))
              + (name.endsWith("_ema") ? "averages that nothing here reads, but convert --ema"
                  : "the index names no such component"));
        }
      }
    } catch (IOException e) {
      throw new WeightsException(folder.root() + ": cannot be read: " + e, e);
    }
  }

  /** Components that a pipeline of the index's class needs. */
  private void missing() {
    String pipeline = folder.pipelineClass();
    Set<String> there = folder.components().keySet();
    List<String> needed = pipeline.startsWith("UnCLIP")
        ? List.of("text_encoder", "tokenizer", "text_proj", "decoder", "super_res_first", "super_res_last",
            "decoder_scheduler", "super_res_scheduler")
        : pipeline.startsWith("StableDiffusion") || pipeline.startsWith("LatentConsistency")
            ? List.of("unet", "vae", "scheduler")
        : List.of();
    List<String> lacking = new ArrayList<>(needed);
    lacking.removeAll(there);
    if (pipeline.equals("UnCLIPPipeline") && !there.contains("prior")) {
      lacking.add("prior");
    } else if (pipeline.equals("UnCLIPImageVariationPipeline") && !there.contains("image_encoder")) {
      lacking.add("image_encoder");
    } else if (needed.contains("vae") && !there.contains("text_encoder") && !there.contains("text_encoder_2")) {
      lacking.add("text_encoder");
    }
    if (!lacking.isEmpty()) {
      faults.add(folder.index() + ": names no " + String.join(", no ", lacking) + ", which a " + pipeline + " needs");
    }
  }

  /** What would load the model. */
  private void use() {
    String pipeline = folder.pipelineClass();
    Set<String> there = folder.components().keySet();
    if (pipeline.startsWith("UnCLIP")) {
      facts.put("loaded by",
          (there.contains("prior") ? "langevin generate TEXT --model " : "langevin vary PICTURE --model ")
              + folder.root());
    } else if (pipeline.startsWith("StableDiffusion") || pipeline.startsWith("LatentConsistency")) {
      facts.put("loaded by", "langevin generate TEXT --model " + folder.root());
    } else if (components.size() == 1 && components.getFirst().className().equals("UNet2DModel")) {
      facts.put("loaded by", "langevin generate --model " + folder.root());
    }
  }

  /** What would load one network alone. */
  private void useAlone(String className) {
    String option = switch (className) {
      case "AutoencoderKL", "AutoencoderTiny" -> "--vae";
      case "ControlNetModel" -> "--control PICTURE --controlnet";
      case "CLIPVisionModelWithProjection" -> "--ip-adapter FILE --image-prompt PICTURE --image-encoder";
      default -> null;
    };
    facts.put("loaded by", option == null ? "nothing alone: it belongs into a model's folder, which an index names"
        : "langevin generate TEXT --model MODEL " + option + " " + folder.root());
  }

  private static String className(Map<String, Object> config) {
    Object name = config.get("_class_name");
    if (name == null && config.get("architectures") instanceof List<?> list && !list.isEmpty()) {
      name = list.getFirst();
    }
    return name instanceof String text ? text : "?";
  }

  /** By the context's width where it is a published one; else by what else tells the published families apart. */
  private String family(Map<String, Object> config) {
    String pipeline = facts.getOrDefault("pipeline", "");
    if (!pipeline.isEmpty() && !pipeline.startsWith("StableDiffusion") && !pipeline.startsWith("LatentConsistency")) {
      return "";
    }
    if (pipeline.contains("Upscale")) {
      return "upscaler, ";
    }
    CheckpointFamily usual = "text_time".equals(config.get("addition_embed_type"))
        ? scored() ? CheckpointFamily.SDXL_REFINER : CheckpointFamily.SDXL
        : Boolean.TRUE.equals(config.get("use_linear_projection")) ? CheckpointFamily.SD2 : CheckpointFamily.SD1;
    Optional<CheckpointFamily> published =
        config.get("cross_attention_dim") instanceof Integer width ? CheckpointFamily.ofContext(width)
            : Optional.empty();
    return published.orElse(usual).label() + ", ";
  }

  /** Whether the model is told a score of the picture's looks: a refiner. */
  private boolean scored() {
    return Files.exists(folder.index()) && Boolean.TRUE.equals(folder.options().get("requires_aesthetics_score"));
  }
}
