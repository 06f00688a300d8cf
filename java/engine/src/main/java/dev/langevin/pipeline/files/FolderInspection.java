package dev.langevin.pipeline.files;

import dev.langevin.diffusion.Schedulers;
import dev.langevin.weights.CheckpointFamily;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import dev.langevin.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

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
      });
    } else if (Files.exists(root.resolve("config.json"))) {
      kind = "folder of one network";
      tried(() -> network("-", className(folder.config("-"))));
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
