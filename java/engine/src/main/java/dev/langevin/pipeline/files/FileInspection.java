package dev.langevin.pipeline.files;

import dev.langevin.weights.CheckpointNames;
import dev.langevin.weights.CheckpointUse;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SingleFileCheckpoint;
import dev.langevin.weights.TextualInversion;
import dev.langevin.weights.WeightFile;
import dev.langevin.weights.WeightKind;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Looks at one file of weights. */
public final class FileInspection {

  /** Parts of a checkpoint in the original naming. */
  private static final Map<Pattern, String> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put(Pattern.compile("(cond_stage_model|conditioner)\\..*"), "a text encoder");
    PARTS.put(Pattern.compile("first_stage_model\\.(?!model_ema\\.).*"), "an autoencoder");
    PARTS.put(Pattern.compile("(first_stage_model\\.)?model_ema\\..*"), "averages");
  }

  private FileInspection() {}

  static ModelReport report(Path path, Path originalConfig, boolean values) {
    try (WeightFile file = WeightFile.open(path)) {
      WeightKind kind = WeightKind.of(file);
      if (kind == WeightKind.UNKNOWN) {
        Optional<ModelReport> upscaler = UpscalerInspection.report(path, values);
        if (upscaler.isPresent()) {
          return upscaler.get();
        }
      }
      List<ModelReport.Component> components = new ArrayList<>();
      Map<String, String> facts = new LinkedHashMap<>();
      List<String> faults = new ArrayList<>();
      String label = label(kind, file);
      boolean depth = false;
      if (kind == WeightKind.CHECKPOINT) {
        try (SingleFileCheckpoint checkpoint =
            originalConfig == null ? SingleFileCheckpoint.open(path)
                : SingleFileCheckpoint.open(path, originalConfig)) {
          label = (checkpoint.family().label() + " " + checkpoint.use().label()).strip() + ", "
              + (checkpoint.isConsistency() ? "latent consistency model, " : "") + kind.label();
          look(checkpoint, path, components, facts, faults);
          unread(file, checkpoint.unread(), facts);
          depth = checkpoint.use() == CheckpointUse.DEPTH;
        } catch (WeightsException e) {
          faults.add(e.getMessage());
        }
      }
      if (kind == WeightKind.REST) {
        faults.add(path + ": is a checkpoint without a U-Net: of " + file.names().size() + " tensors, "
            + String.join(", ", parts(file)) + "; none begins with model.diffusion_model. as a U-Net's do");
      }
      if (components.isEmpty()) {
        components.add(ModelReport.component("-", "?", file));
      }
      ModelReport.metadata("", file.metadata(), facts);
      if (faults.isEmpty()) {
        if (depth) {
          facts.put("loaded by", "nothing here, as it is guided by depth; langevin convert writes it in other forms");
        } else {
          use(kind, path, facts);
        }
      }
      String ranks = WeightKind.ranks(file);
      if (!ranks.isEmpty()) {
        facts.put("rank", ranks);
      }
      if (kind == WeightKind.UNKNOWN) {
        faults.add(path + ": the names of its tensors are those of no kind of weights known here");
      }
      if (values) {
        ModelReport.checkValues(file, faults);
      }
      return new ModelReport(label, file.format(), ModelReport.bytes(path), components, ModelReport.entries("", file),
          facts, faults);
    }
  }

  /** How many tensors each part of a checkpoint has, in words. */
  private static List<String> parts(NamedTensors file) {
    List<String> parts = new ArrayList<>();
    PARTS.forEach((pattern, words) -> {
      long count = file.names().stream().filter(name -> pattern.matcher(name).matches()).count();
      if (count > 0) {
        parts.add(count + " are " + words);
      }
    });
    return parts;
  }

  /** Tells what no network reads, and how much room it takes. */
  private static void unread(WeightFile file, List<String> names, Map<String, String> facts) {
    List<String> averages = names.stream().filter(CheckpointNames::isAverage).toList();
    List<String> others = names.stream().filter(name -> !CheckpointNames.isAverage(name)).toList();
    if (!averages.isEmpty()) {
      facts.put("averages", share(file, averages) + " are averages that nothing here reads, but convert --ema");
    }
    if (!others.isEmpty()) {
      facts.put("unread", share(file, others) + " are read by no network, such as "
          + String.join(", ", others.subList(0, Math.min(3, others.size()))));
    }
  }

  private static String share(WeightFile file, List<String> names) {
    long bytes = names.stream().mapToLong(name -> file.tensor(name).data().byteSize()).sum();
    return String.format(Locale.ROOT, "%d of %d tensors (%,d bytes)", names.size(), file.names().size(), bytes);
  }

  /** What would load it. */
  private static void use(WeightKind kind, Path path, Map<String, String> facts) {
    String model = "langevin generate TEXT --model MODEL ";
    switch (kind) {
      case CHECKPOINT -> facts.put("loaded by", "langevin generate TEXT --model " + path);
      case LYCORIS, LORA_KOHYA, LORA_CLONEOFSIMO, LORA_PROCESSORS, LORA_PEFT, LORA_DIFFUSERS ->
          facts.put("loaded by", model + "--lora " + path);
      case TEXTUAL_INVERSION -> {
        facts.put("loaded by", model + "--embedding " + path);
        List<String> tokens = new ArrayList<>();
        TextualInversion.read(path, null).forEach((encoder, learned) -> learned.forEach((token, vectors) -> tokens
            .add(token + ", " + vectors.shape().dim(0) + " vectors for the " + encoder)));
        facts.put("tokens", String.join("; ", tokens));
      }
      case IP_ADAPTER -> facts.put("loaded by", model + "--image-prompt PICTURE --ip-adapter " + path);
      case VAE, VAE_ORIGINAL -> facts.put("loaded by", model + "--vae with the folder or file of it");
      case UNET, TEXT_ENCODER, IMAGE_ENCODER, CONTROL_NET -> facts.put("loaded by",
          "nothing alone: it needs its config.json beside it, or the folder of its model around it");
      default -> {}
    }
  }

  private static String label(WeightKind kind, NamedTensors file) {
    return kind.family(file).map(family -> kind.label() + " for " + family.label()).orElse(kind.label());
  }

  private static void look(SingleFileCheckpoint checkpoint, Path path, List<ModelReport.Component> components,
      Map<String, String> facts, List<String> faults) {
    facts.put("sampler", checkpoint.schedulerConfig().get("_class_name").toString());
    facts.put("predicts",
        checkpoint.schedulerConfig().get("prediction_type") + ", by " + checkpoint.predictionSource());
    int timeIds = Boolean.TRUE.equals(checkpoint.options().get("requires_aesthetics_score")) ? 5 : 6;
    for (String component : checkpoint.expectedComponents()) {
      String className = checkpoint.components().get(component);
      if (className == null) {
        faults.add(path + ": the file holds no " + component);
        continue;
      }
      NamedTensors weights = checkpoint.weights(component);
      components.add(ModelReport.component(component, className, weights));
      try {
        ExpectedWeights.of(className, checkpoint.config(component), weights, timeIds).ifPresent(weights::requireFit);
      } catch (IllegalArgumentException e) {
        faults.add(path + ": " + component + ": " + e.getMessage());
      } catch (WeightsException e) {
        faults.add(e.getMessage());
      }
    }
  }
}
