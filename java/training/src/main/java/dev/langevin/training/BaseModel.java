package dev.langevin.training;

import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.DType;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The Stable Diffusion model that a run begins with: what its settings leave out, and all that stays as it is. */
record BaseModel(ModelFolder folder) {

  private static final String WEIGHTS = "(diffusion_pytorch_model|pytorch_model|model)[.-].*(safetensors|bin|json)";

  /** A precision in a file's name, which diffusers loads by request alone. */
  private static final String VARIANT = "\\.(fp16|bf16|fp32|non_ema|ema)(?=[.-])";

  /** The folder {@code init}; null where there is none. */
  static BaseModel of(TrainingConfig config) {
    return config.init() == null ? null : new BaseModel(new ModelFolder(config.init()));
  }

  /**
   * The settings with the base's where the file has none.
   *
   * @throws TrainingException if it is of a kind that is not trained
   */
  TrainingConfig complete(TrainingConfig config) {
    requireKind(config);
    TrainingConfig.Model m = config.model();
    Map<String, Object> unet = m.unet() == null ? folder.config("unet") : m.unet();
    Map<String, Object> text = m.textEncoder() == null ? folder.config("text_encoder") : m.textEncoder();
    Map<String, Object> scheduler = m.scheduler() == null ? folder.schedulerConfig() : m.scheduler();
    return config.with(new TrainingConfig.Model(unet, scheduler, null,
        m.vaeFolder() == null ? config.init() : m.vaeFolder(), text,
        m.tokenizer() == null ? folder.component("tokenizer") : m.tokenizer(), m.trainTextEncoder(), null, m.lora(),
        null, null, null, null, false, null, m.grow()));
  }

  /** Whether it has XL's two text encoders, or the refiner's one. */
  boolean isXl() {
    return folder.has("text_encoder_2") || Files.exists(folder.index()) && folder.pipelineClass().contains("XL");
  }

  private void requireKind(TrainingConfig config) {
    String what = "a run of task " + config.task() + " takes Stable Diffusion 1, 2 and XL; " + folder.root() + " is ";
    String pipeline = Files.exists(folder.index()) ? folder.pipelineClass() : "";
    if (isXl() && !folder.has("text_encoder")) {
      throw new TrainingException(what + "a refiner of Stable Diffusion XL, without text_encoder");
    }
    if (!folder.has("unet") || !folder.has("text_encoder") || !folder.has("vae")) {
      throw new TrainingException(what + (pipeline.isEmpty() ? "no such model" : "a " + pipeline)
          + ", without all of the folders unet, text_encoder and vae");
    }
    UNetConditionConfig unet = UNetConditionConfig.of(folder.config("unet"));
    int channels = AutoencoderConfig.of(folder.config("vae")).latentChannels();
    if (unet.inChannels() != channels || unet.outChannels() != channels) {
      throw new TrainingException(what + "a model whose U-Net has " + unet.inChannels() + " channels in and "
          + unet.outChannels() + " out and whose latents have " + channels
          + (unet.inChannels() == 2 * channels + 1 ? ": one for inpainting" : ""));
    }
    if (unet.classEmbedding() != null || unet.classes() != null || unet.textTime() != isXl()
        || unet.timeConditionDim() != null) {
      throw new TrainingException(what + "a model whose U-Net is told "
          + (isXl() ? "other things than XL's are" : "more than the time and the text"));
    }
  }

  /** What the U-Net's latents were scaled by when it was trained. */
  double scalingFactor() {
    return AutoencoderConfig.of(folder.config("vae")).scalingFactor();
  }

  /** In which a component is saved again. */
  DType precision(String component) {
    try (ModelWeights weights = folder.weights(component)) {
      return StoredPrecision.of(weights);
    }
  }

  /** Copies the index and all components but those that are written anew. */
  void copy(Path to, Set<String> without) {
    ModelFolderWriter.copy(folder.root(), to, List.of("model_index.json"));
    for (String component : folder.components().keySet()) {
      if (!without.contains(component) && folder.has(component)) {
        copyComponent(folder.component(component), to.resolve(component));
      }
    }
  }

  /** Copies a component; of its weights the files that would be read, under the names that are read first. */
  static void copyComponent(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      List<String> names = files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).sorted()
          .toList();
      ModelFolderWriter.copy(from, to, names.stream().filter(name -> !name.matches(WEIGHTS)).toList());
      if (names.stream().anyMatch(name -> name.matches(WEIGHTS))) {
        copyWeights(from, to, names);
      }
    } catch (IOException e) {
      throw new TrainingException(from + ": cannot be copied to " + to + ": " + e, e);
    }
  }

  private static void copyWeights(Path from, Path to, List<String> names) throws IOException {
    Path read;
    try (ModelWeights weights = ModelWeights.open(from)) {
      read = weights.path();
    }
    String name = read.getFileName().toString();
    Files.copy(read, to.resolve(name.replaceFirst(VARIANT, "")), StandardCopyOption.REPLACE_EXISTING);
    if (name.endsWith(".json")) {
      String list = Files.readString(read);
      ModelFolderWriter.copy(from, to, names.stream().filter(shard -> list.contains('"' + shard + '"')).toList());
    }
  }
}
