package dev.langevin.weights;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A whole latent diffusion model in one file with the names of the original code ({@code model.diffusion_model.*},
 * {@code
 * first_stage_model.*}, {@code cond_stage_model.*}, {@code conditioner.embedders.*}), seen as the components of a
 * diffusers folder: names, forms and configurations. Knows SD 1.x and 2.x with their inpainting models, SD 2's that is
 * guided by depth, the x4 upscaler, latent consistency models (arXiv:2310.04378), SD XL and its refiner.
 *
 * <p>
 * Shapes tell the family and nearly all of the configuration. What they do not tell is taken from a YAML file of the
 * original code where one lies beside the checkpoint, with the checkpoint's name but for its ending, or is given; else
 * from what the published models of the family have: 8 heads in SD 1, heads of 64 channels in the others and in text
 * encoders, groups of 32, the noise levels of SD 1. What the U-Net predicts is found as {@link #predictionSource} says.
 *
 * <p>
 * Where a file holds averaged weights too ({@code model_ema.*}), {@code model.diffusion_model.*} is used, as is usual:
 * files for inference hold the averaged weights there.
 *
 * <p>
 * Owned by whoever opened it; tensors live until {@link #close}; any thread may read them.
 */
public final class SingleFileCheckpoint implements AutoCloseable {

  private static final Pattern RESOLUTION = Pattern.compile("(\\d{1,5})x(\\d{1,5})");

  static final String VAE_PREFIX = "first_stage_model.";

  /** Of the x4 upscaler's autoencoder as published: side of its pictures, one over its latents' deviation. */
  private static final int UPSCALER_TILE = 256;

  private static final double UPSCALER_FACTOR = 0.08333;

  private final WeightFile file;
  private final OriginalConfig original;
  private final CheckpointFamily family;
  private final CheckpointUse use;
  private final boolean consistency;
  private final Prediction prediction;
  private final Map<String, Object> scheduler;
  private final Map<String, Network> networks = new LinkedHashMap<>();

  private record Network(
      String className, Section section, KeyTable table, Map<String, Object> config, RenamedTensors weights) {

    /** Where a tensor of the file belongs; null if nowhere here, none if what it holds is known otherwise. */
    List<KeyTable.Target> targets(String name) {
      String prefix = section.prefix();
      return name.startsWith(prefix) ? table.targets(name.substring(prefix.length())) : null;
    }

    boolean reads(String name) {
      List<KeyTable.Target> targets = targets(name);
      return targets != null && !targets.isEmpty();
    }
  }

  private SingleFileCheckpoint(WeightFile file, OriginalConfig original, Findings findings) {
    this.file = file;
    this.original = original;
    Section unetSection = new Section(file, OriginalUNet.PREFIX);
    OriginalUNet unet = new OriginalUNet(unetSection);
    this.use = CheckpointUse.ofChannels(unet.inChannels()).orElseThrow(() -> new WeightsException(
        file.origin() + ": the U-Net reads " + unet.inChannels() + " channels; known are 4, 5 for depth, 7 for an"
            + " upscaler, and 9 for inpainting (8 would be guided by a picture)"));
    this.consistency = unet.readsGuidance();
    this.family = CheckpointFamily.of(file, unet.contextWidth());
    this.prediction = Prediction.of(family, use, file, original);
    this.scheduler = prediction.scheduler(family, use, consistency, original);
    Map<String, Object> unetConfig = unet.config(family, use, original, file.origin());
    if (family == CheckpointFamily.SD2 && use != CheckpointUse.UPSCALING
        && prediction.type().equals(Prediction.VELOCITY)) {
      unetConfig.put("sample_size", 96); // the first models with v-prediction were trained on 768 pixels
    }
    Integer side = describedSide(file);
    if (side != null) {
      unetConfig.put("sample_size", side);
    }
    add("unet", "UNet2DConditionModel", unetSection, unet.table(family), unetConfig);
    Section vaeSection = new Section(file, VAE_PREFIX);
    if (!vaeSection.isEmpty()) {
      OriginalVae vae = new OriginalVae(vaeSection);
      add("vae", "AutoencoderKL", vaeSection, vae.table(), vae.config(autoencoderHabits()));
    }
    for (OriginalTextEncoder.Place place : OriginalTextEncoder.Place.values()) {
      Section section = new Section(file, place.prefix());
      if (place.family() == family && !section.isEmpty()) {
        OriginalTextEncoder encoder = new OriginalTextEncoder(section, place);
        add(place.component(), encoder.className(), section, encoder.table(), encoder.config(original, file.origin()));
      }
    }
    List<String> unplaced =
        file.names().stream().filter(name -> !placed(name) && !CheckpointNames.isImplied(name)).toList();
    List<String> unknown = unplaced.stream()
        .filter(name -> CheckpointNames.isPart(name) && !CheckpointNames.isLeftover(name)).toList();
    if (!unknown.isEmpty()) {
      findings.changes(
          file.origin() + ": " + unknown.size() + " of " + file.names().size() + " tensors have no place in a "
              + family.label() + " model, such as " + unknown.subList(0, Math.min(10, unknown.size()))
              + "; is it another kind of model, or does it hold more than the model?");
    }
    List<String> estimator = unplaced.stream().filter(name -> CheckpointNames.isDepthEstimator(name)).toList();
    if (!estimator.isEmpty()) {
      findings.leftover(file.origin() + ": " + estimator.size() + " of " + file.names().size()
          + " tensors are the network that finds the depth of a picture, which is read from its own folder alone"
          + " (depth_estimator, such as Intel/dpt-hybrid-midas): left out");
    }
    List<String> left = unplaced.stream().filter(name -> !unknown.contains(name) && !estimator.contains(name))
        .toList();
    if (!left.isEmpty()) {
      findings.leftover(file.origin() + ": " + left.size() + " of " + file.names().size()
          + " tensors are no part of a " + family.label() + " model and are left out, as training leaves them: "
          + left.getFirst() + (left.size() > 1 ? ", ..." : ""));
    }
  }

  /** Side of the latents by the header's {@code modelspec.resolution}, such as {@code 512x512}, or null. */
  private static Integer describedSide(WeightFile file) {
    Matcher size = RESOLUTION.matcher(file.metadata().getOrDefault("modelspec.resolution", ""));
    int levels = new Section(file, VAE_PREFIX).count("encoder.down");
    if (!size.matches() || !size.group(1).equals(size.group(2)) || levels == 0) {
      return null;
    }
    int side = Integer.parseInt(size.group(1));
    int reduction = 1 << levels - 1;
    return side == 0 || side % reduction != 0 ? null : side / reduction;
  }

  private void add(String component, String className, Section section, KeyTable table, Map<String, Object> config) {
    networks.put(component, new Network(className, section, table, config, new RenamedTensors(file, component)));
  }

  /** Gives a tensor of the file its place; false if none is known. */
  private boolean placed(String name) {
    for (Network network : networks.values()) {
      List<KeyTable.Target> targets = network.targets(name);
      if (targets != null) {
        targets.forEach(target -> network.weights.add(name, target));
        return true;
      }
    }
    return false;
  }

  /**
   * What an autoencoder's tensors do not tell, as config.json has it: from the YAML file, else the family's habit. For
   * one that stands in for the file's own, too.
   */
  public Map<String, Object> autoencoderHabits() {
    Integer groups = original.positive("model.params.first_stage_config.params.ddconfig.norm_groups");
    boolean upscales = use == CheckpointUse.UPSCALING;
    return Map.of("norm_num_groups", groups != null ? groups : 32, "sample_size",
        upscales ? UPSCALER_TILE : family.sampleSize() << 3, "scaling_factor",
        original.number("model.params.scale_factor", upscales ? UPSCALER_FACTOR : family.scalingFactor()));
  }

  /** Opens a checkpoint, with the YAML file beside it where there is one. */
  public static SingleFileCheckpoint open(Path path) {
    return open(path, configBeside(path));
  }

  /**
   * Opens a checkpoint.
   *
   * @param originalConfig the original code's YAML file, or null without one
   * @throws WeightsException if a file is missing or malformed, or the model is of no known kind, naming the tensors at
   *   fault
   */
  public static SingleFileCheckpoint open(Path path, Path originalConfig) {
    return open(path, originalConfig, false, silent());
  }

  /**
   * Opens a checkpoint.
   *
   * @param originalConfig the original code's YAML file, or null without one
   * @param averages whether the averages over the training are read in the U-Net's place
   * @param findings told of what the file holds beyond the model
   * @throws WeightsException as the others, or if there are no averages
   */
  public static SingleFileCheckpoint open(Path path, Path originalConfig, boolean averages, Findings findings) {
    OriginalConfig original = originalConfig == null ? OriginalConfig.NONE : OriginalConfig.read(originalConfig);
    WeightFile file = WeightFile.open(path);
    try {
      return new SingleFileCheckpoint(averages ? AveragedFile.of(file) : file, original, findings);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** The YAML file beside a checkpoint, with its name but for the ending; null where there is none. */
  public static Path configBeside(Path path) {
    Path beside = yamlOf(path);
    return Files.isRegularFile(beside) ? beside : null;
  }

  /** Where a checkpoint's YAML file lies. */
  public static Path yamlOf(Path path) {
    return path.resolveSibling(String.valueOf(path.getFileName()).replaceFirst("\\.[^.]*$", "") + ".yaml");
  }

  /**
   * What a file of such tensors would be read as.
   *
   * @param original content of a YAML file beside it, or null without one
   * @throws WeightsException as {@link #open}
   */
  public static SingleFileCheckpoint of(WeightFile file, Map<String, Object> original) {
    return new SingleFileCheckpoint(file,
        original == null ? OriginalConfig.NONE : OriginalConfig.of(yamlOf(file.path()), original), silent());
  }

  /** Refuses what would change a picture, and says no more. */
  private static Findings silent() {
    return new Findings(Policy.USUAL, warning -> {});
  }

  /** The free text of the file. */
  public Map<String, String> metadata() {
    return file.metadata();
  }

  /**
   * Tensors of the file with those of its networks in their places.
   *
   * @param stored of the file
   * @param changed weights by component and by diffusers' names
   */
  public NamedTensors changed(NamedTensors stored, Map<String, NamedTensors> changed) {
    OriginalTensors networks =
        new OriginalTensors(file.path(), family, changed, Map.of(), file.metadata());
    Map<String, Tensor> others = new LinkedHashMap<>();
    for (String name : stored.names()) {
      if (!networks.has(name)) {
        others.put(name, stored.tensor(name));
      }
    }
    return new OriginalTensors(file.path(), family, changed, others, file.metadata());
  }

  /** The file itself, by the names that its tensors have there. */
  public NamedTensors stored() {
    return file;
  }

  /** Which family of models it belongs to, as its tensors tell. */
  public CheckpointFamily family() {
    return family;
  }

  /** What the U-Net reads beside the latents. */
  public CheckpointUse use() {
    return use;
  }

  /** Whether the U-Net is told the guidance, as a latent consistency model's is. */
  public boolean isConsistency() {
    return consistency;
  }

  /**
   * What told that the U-Net predicts the noise or the velocity: the YAML file, else the header's
   * {@code modelspec.prediction_type}, else a tensor {@code v_pred}, else for SD 2 the spread of a bias that differs
   * between its published models; else the family's habit.
   */
  public String predictionSource() {
    return prediction.source();
  }

  /** Names of the tensors that no network reads: averages, noise levels, what losses had. */
  public List<String> unread() {
    return file.names().stream().filter(name -> networks.values().stream().noneMatch(network -> network.reads(name)))
        .toList();
  }

  /** Class of each component that the file holds, by diffusers' and transformers' names, and of the sampler. */
  public Map<String, String> components() {
    Map<String, String> classes = new LinkedHashMap<>();
    networks.forEach((component, network) -> classes.put(component, network.className));
    classes.put("scheduler", (String) scheduler.get("_class_name"));
    if (use == CheckpointUse.UPSCALING) {
      classes.put("low_res_scheduler", UpscalerNoise.CLASS);
    }
    return classes;
  }

  /** Networks that a whole model of the family has. */
  public List<String> expectedComponents() {
    return switch (family) {
      case SD1, SD2 -> List.of("unet", "vae", "text_encoder");
      case SDXL -> List.of("unet", "vae", "text_encoder", "text_encoder_2");
      case SDXL_REFINER -> List.of("unet", "vae", "text_encoder_2");
    };
  }

  /** Options of the whole model, by diffusers' names. */
  public Map<String, Object> options() {
    if (use == CheckpointUse.UPSCALING) {
      return Map.of("max_noise_level", UpscalerNoise.most(original));
    }
    return switch (family) {
      case SDXL -> Map.of("force_zeros_for_empty_prompt", true);
      case SDXL_REFINER -> Map.of("force_zeros_for_empty_prompt", false, "requires_aesthetics_score", true);
      default -> Map.of();
    };
  }

  /**
   * Configuration of a network, as its config.json in a diffusers folder.
   *
   * @throws WeightsException if the file does not hold it
   */
  public Map<String, Object> config(String component) {
    return Collections.unmodifiableMap(network(component).config);
  }

  /** Configuration of the sampler that models of the family are published with. */
  public Map<String, Object> schedulerConfig() {
    return Collections.unmodifiableMap(scheduler);
  }

  /**
   * Of a sampler, by diffusers' name of it: {@code low_res_scheduler} is that of the noise on an upscaler's small
   * picture.
   *
   * @throws WeightsException if the model has no such one
   */
  public Map<String, Object> schedulerConfig(String component) {
    if (component.equals("low_res_scheduler") && use == CheckpointUse.UPSCALING) {
      return UpscalerNoise.scheduler(original);
    }
    if (!component.equals("scheduler")) {
      throw new WeightsException(file.origin() + ": a single file has one sampler, not a " + component);
    }
    return schedulerConfig();
  }

  /**
   * Weights of a network by diffusers' names.
   *
   * @throws WeightsException if the file does not hold it
   */
  public NamedTensors weights(String component) {
    return network(component).weights;
  }

  /**
   * What fills a text up for an encoder: OpenCLIP was trained with zeros, which is its vocabulary's {@code !}; the YAML
   * file may say otherwise.
   */
  public String padToken(String textEncoder) {
    Object told = original.value("model.params.cond_stage_config.params." + textEncoder.replace("text_encoder", "pad"));
    return told instanceof String token ? token : network(textEncoder).config.get("hidden_act").equals("gelu") ? "!"
        : "<|endoftext|>";
  }

  private Network network(String component) {
    Network found = networks.get(component);
    if (found == null) {
      throw new WeightsException(file.origin() + ": the file holds no " + component + ", only " + networks.keySet());
    }
    return found;
  }

  @Override
  public void close() {
    file.close();
  }
}
