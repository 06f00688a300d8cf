package dev.langevin.pipeline.files;

import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.policy.Findings;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.CheckpointFamily;
import dev.langevin.weights.JsonFiles;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.OriginalTensors;
import dev.langevin.weights.OriginalYaml;
import dev.langevin.weights.SingleFileCheckpoint;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Writes a Stable Diffusion model as one file in the original naming. What a reader cannot tell from the tensors'
 * shapes goes into a YAML file beside it, in the original code's form; what not even that can say is refused.
 */
final class SingleFileWriter {

  /** Of the vocabulary that every published model of these families has. */
  private static final Integer CLIP_SYMBOLS = 49_408;

  private static final List<String> NETWORKS = List.of("unet", "vae", "text_encoder", "text_encoder_2");

  private static final String SCHEDULER = "scheduler";
  private static final String NOISE = "low_res_scheduler";

  /** What noise levels follow from, and diffusers' values where a file leaves them out. */
  private static final Map<String, Object> LEVELS = new LinkedHashMap<>();

  static {
    LEVELS.put("beta_start", 0.0001);
    LEVELS.put("beta_end", 0.02);
    LEVELS.put("beta_schedule", "linear");
    LEVELS.put("num_train_timesteps", 1000);
    LEVELS.put("prediction_type", "epsilon");
    LEVELS.put("rescale_betas_zero_snr", false);
    LEVELS.put("trained_betas", null);
  }

  private final ModelParts parts;
  private final WrittenAs written;
  private final Findings findings;
  private final Consumer<String> told;
  private final Map<String, Object> scheduler;
  private final Map<String, String> pads = new TreeMap<>();

  SingleFileWriter(ModelParts parts, WrittenAs written, Findings findings, Consumer<String> told) {
    this.parts = parts;
    this.written = written;
    this.findings = findings;
    this.told = told;
    if (!"UNet2DConditionModel".equals(parts.components().get("unet"))
        || !"AutoencoderKL".equals(parts.components().get("vae")) || !parts.components().containsKey("scheduler")) {
      throw new WeightsException(parts.name() + ": has the components " + parts.components()
          + "; single files are known of Stable Diffusion 1, 2 and XL, with unet, vae, text encoders and scheduler");
    }
    this.scheduler = parts.schedulerConfig("scheduler");
    for (String encoder : List.of("text_encoder", "text_encoder_2")) {
      String tokenizer = encoder.replace("text_encoder", "tokenizer");
      if (parts.components().containsKey(encoder) && parts.components().containsKey(tokenizer)) {
        long[] ids = parts.tokenizer(tokenizer).tokenize("").ids(); // start, end, and what fills up
        pads.put(encoder, ids.length < 3 || ids[2] == ids[1] ? "<|endoftext|>" : "!");
      }
    }
  }

  void write(Path file) throws IOException {
    CheckpointFamily family = family();
    Map<String, NamedTensors> networks = new LinkedHashMap<>();
    NETWORKS.stream().filter(parts.components()::containsKey).forEach(name -> networks.put(name, parts.weights(name)));
    OriginalTensors tensors = new OriginalTensors(file, family, networks, markers(family), metadata());
    Map<String, Object> yaml = null;
    if (!suffices(tensors)) {
      yaml = yaml(family);
      List<String> differences = differences(SingleFileCheckpoint.of(tensors, yaml));
      if (!differences.isEmpty()) {
        findings.changes(parts.name() + ": a single file has no place for " + String.join(", ", differences)
            + "; it would be read as another model; keep the folder, or --lenient to write it all the same");
      }
    }
    leftOut(SingleFileCheckpoint.of(tensors, yaml));
    if (yaml != null) { // before the file: that is never without it
      Path beside = SingleFileCheckpoint.yamlOf(file);
      JsonFiles.writeNew(beside, JsonFiles.yaml(yaml));
      told.accept(beside + ": says what the shapes do not; it goes with the file, wherever that goes");
    }
    written.write(file, tensors, tensors.metadata(), told);
  }

  private CheckpointFamily family() {
    Map<String, Object> unet = parts.config("unet");
    if ("text_time".equals(unet.get("addition_embed_type"))) {
      return parts.components().containsKey("text_encoder") ? CheckpointFamily.SDXL : CheckpointFamily.SDXL_REFINER;
    }
    if (!parts.components().containsKey("text_encoder")) {
      throw new WeightsException(parts.name() + ": has no text_encoder, which single files of its kind hold");
    }
    // the two were published with encoders of other activations
    return "gelu".equals(parts.config("text_encoder").get("hidden_act")) ? CheckpointFamily.SD2 : CheckpointFamily.SD1;
  }

  private boolean flag(String key) {
    return Boolean.TRUE.equals(scheduler.get(key));
  }

  private boolean velocity() {
    return "v_prediction".equals(scheduler.get("prediction_type"));
  }

  /** Tensors without elements that trainers of SD XL leave in a file. */
  private Map<String, Tensor> markers(CheckpointFamily family) {
    Map<String, Tensor> markers = new TreeMap<>();
    if (family == CheckpointFamily.SDXL && velocity()) {
      markers.put("v_pred", Tensor.allocate(DType.F32, Shape.of(0)));
    }
    if (flag("rescale_betas_zero_snr")) {
      markers.put("ztsnr", Tensor.allocate(DType.F32, Shape.of(0)));
    }
    return markers;
  }

  /** Of the U-Net's file, and what the Stability AI Model Metadata Standard has words for. */
  private Map<String, String> metadata() {
    Map<String, String> metadata = new TreeMap<>(parts.metadata("unet"));
    metadata.put("modelspec.prediction_type", velocity() ? "v" : "epsilon");
    if (parts.config("unet").get("sample_size") instanceof Integer side) {
      long reduction = 1L << ((List<?>) parts.config("vae").get("block_out_channels")).size() - 1;
      metadata.put("modelspec.resolution", side * reduction + "x" + side * reduction);
    }
    return metadata;
  }

  /** Whether the file would be read as this model without a YAML file. */
  private boolean suffices(OriginalTensors tensors) {
    try {
      return differences(SingleFileCheckpoint.of(tensors, null)).isEmpty();
    } catch (WeightsException e) { // it says that a YAML file is needed
      return false;
    }
  }

  /** In what the file would be read as another model than this one. */
  private List<String> differences(SingleFileCheckpoint read) {
    List<String> differences = new ArrayList<>();
    for (String name : NETWORKS) {
      if (!parts.components().containsKey(name)) {
        continue;
      }
      Map<String, Object> own = parts.config(name);
      Map<String, Object> other = new HashMap<>(read.config(name));
      Object ownForm = form(name, own);
      if (name.equals("vae") || own.get("sample_size") == null) {
        other.put("sample_size", own.get("sample_size")); // of tiles
      }
      if (Integer.valueOf(2).equals(own.get("eos_token_id"))) {
        other.put("eos_token_id", 2); // an older way to write the same
      }
      Object otherForm = form(name, other);
      if (!ownForm.equals(otherForm)) {
        differences.add(name + "'s " + difference(ownForm.toString(), otherForm.toString()));
      }
    }
    pads.forEach((encoder, pad) -> {
      if (!pad.equals(read.padToken(encoder))) {
        differences.add("the " + encoder + "'s padding by " + pad);
      }
    });
    levels(scheduler, read, SCHEDULER, differences);
    if (parts.components().containsKey(NOISE)) {
      if (!read.components().containsKey(NOISE)) {
        differences.add("the " + NOISE);
      } else {
        levels(parts.schedulerConfig(NOISE), read, NOISE, differences);
      }
      if (!same(mostNoise(), read.options().get("max_noise_level"))) {
        differences.add("max_noise_level " + mostNoise());
      }
    }
    return differences;
  }

  private static void levels(Map<String, Object> config, SingleFileCheckpoint read, String component,
      List<String> differences) {
    LEVELS.forEach((key, usual) -> {
      Object own = config.getOrDefault(key, usual);
      if (!same(own, read.schedulerConfig(component).getOrDefault(key, usual))) {
        differences.add("the " + component + "'s " + key + " " + own);
      }
    });
  }

  /** Of an upscaler's small picture. */
  private Object mostNoise() {
    return parts.options().getOrDefault("max_noise_level", 350); // of diffusers' pipeline
  }

  private Object form(String name, Map<String, Object> config) {
    try {
      return switch (name) {
        case "unet" -> UNetConditionConfig.of(config);
        case "vae" -> AutoencoderConfig.of(config);
        default -> ClipConfig.of(config, name.equals("text_encoder_2"));
      };
    } catch (IllegalArgumentException e) {
      throw new WeightsException(parts.name() + ": " + name + ": " + e.getMessage(), e);
    }
  }

  /** The first field in which two records differ. */
  private static String difference(String own, String other) {
    String[] a = own.split("(?<=[\\[,]) ?(?=\\w+=)");
    String[] b = other.split("(?<=[\\[,]) ?(?=\\w+=)");
    for (int i = 0; i < Math.min(a.length, b.length); i++) {
      if (!a[i].equals(b[i])) {
        return a[i].replaceFirst("[,\\]]+$", "");
      }
    }
    return own;
  }

  private Map<String, Object> yaml(CheckpointFamily family) {
    Map<String, Map<String, Object>> configs = new HashMap<>();
    NETWORKS.stream().filter(parts.components()::containsKey).forEach(name -> configs.put(name, parts.config(name)));
    OriginalYaml.Noise noise =
        parts.components().containsKey(NOISE) ? new OriginalYaml.Noise(parts.schedulerConfig(NOISE), mostNoise())
            : null;
    return OriginalYaml.of(family, configs, scheduler, noise, pads);
  }

  /** @param read what the file is read as */
  private void leftOut(SingleFileCheckpoint read) {
    List<String> left = parts.components().keySet().stream()
        .filter(name -> !NETWORKS.contains(name) && !name.startsWith("tokenizer") && !name.equals(SCHEDULER)
            && !name.equals(NOISE))
        .toList();
    if (!left.isEmpty()) {
      findings.leftover(parts.name() + ": a single file has no place for " + left + "; they are left out");
    }
    for (String encoder : NETWORKS) {
      if (encoder.startsWith("text") && parts.components().containsKey(encoder)
          && !CLIP_SYMBOLS.equals(parts.config(encoder).get("vocab_size"))) {
        told.accept(parts.name() + ": the tokenizer's " + parts.config(encoder).get("vocab_size")
            + " symbols are not CLIP's, which single files are read with; give its folder with --tokenizer");
        break;
      }
    }
    Map<String, Object> usual = read.schedulerConfig();
    List<String> changed = new ArrayList<>();
    usual.forEach((key, value) -> {
      if (scheduler.containsKey(key) && !same(scheduler.get(key), value)) {
        changed.add(key + " " + scheduler.get(key) + " becomes " + value);
      }
    });
    if (!changed.isEmpty()) {
      told.accept(parts.name() + ": a single file holds no sampler, it is read with what its kind was published with: "
          + String.join(", ", changed) + "; choose another by --sampler");
    }
  }

  private static boolean same(Object own, Object other) {
    return own instanceof Number a && other instanceof Number b ? a.doubleValue() == b.doubleValue()
        : Objects.equals(own, other);
  }
}
