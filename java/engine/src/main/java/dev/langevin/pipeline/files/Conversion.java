package dev.langevin.pipeline.files;

import dev.langevin.policy.Findings;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Encoding;
import dev.langevin.weights.CheckpointNames;
import dev.langevin.weights.JsonFiles;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.SingleFileCheckpoint;
import dev.langevin.weights.SomeTensors;
import dev.langevin.weights.WeightFile;
import dev.langevin.weights.WeightKind;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Writes a model anew: in another precision, in another form, mixed with others, with updates merged into it. Nothing
 * is run. What is left out is told.
 *
 * @param model a diffusers folder, a folder of one network, or a file of weights
 * @param encoding of the weights, or null for each as it lies; integers stay as they are
 * @param averages whether averages over the training are taken in the place of the weights
 * @param mixes other models and the factors of their weights in the sum, of which the model's own has what is left to
 *   1; factors that add up to 0 are an added difference
 * @param options updates to merge; another autoencoder; YAML file and tokenizer of a single file
 * @param findings told of what would be lost
 * @param told what is left out
 */
public record Conversion(Path model, Encoding encoding, boolean averages, Map<Path, Double> mixes, LoadOptions options,
    Findings findings, Consumer<String> told) {

  private static final String EMA_FOLDER = "unet_ema";
  private static final String VAE = "vae";

  /** What the model is. */
  public enum Form {
    /** A folder as diffusers writes it, a component each sub-folder. */
    FOLDER,
    /** A single file of a whole model in the original naming. */
    CHECKPOINT,
    /** A file that is no whole model: one network, updates, learned tokens. */
    WEIGHTS
  }

  /**
   * {@return what the model is, by what lies in its folder or its file}
   *
   * @throws WeightsException if there is neither a folder of a model nor a file of weights
   */
  public Form form() {
    if (Files.isDirectory(model)) {
      if (!Files.exists(model.resolve("model_index.json")) && !Files.exists(model.resolve("config.json"))) {
        throw new WeightsException(
            model + " has no model_index.json; name a diffusers folder, a folder of one network or a file of weights");
      }
      return Form.FOLDER;
    }
    try (WeightFile file = WeightFile.open(model)) {
      WeightKind kind = WeightKind.of(file);
      boolean onlyAverages = averages && file.names().stream().anyMatch(CheckpointNames::isAverage);
      return kind == WeightKind.CHECKPOINT || onlyAverages ? Form.CHECKPOINT : Form.WEIGHTS;
    }
  }

  private boolean changed() {
    return !mixes.isEmpty() || !options.loras().isEmpty() || options.autoencoder() != null;
  }

  private WrittenAs written() {
    return new WrittenAs(encoding);
  }

  /**
   * Writes a folder, as diffusers reads it.
   *
   * @param target exists and is empty
   */
  public void toFolder(Path target) throws IOException {
    switch (form()) {
      case FOLDER -> copy(target);
      case CHECKPOINT -> {
        tellLeftovers();
        try (SingleFileParts single = single(model, averages); ModelParts parts = parts()) {
          List<String> unread = single.checkpoint().unread().stream()
              .filter(name -> !CheckpointNames.isLeftover(name) && !name.endsWith("position_ids")).toList();
          if (!unread.isEmpty()) {
            told.accept(model + ": " + unread.size() + " tensors have no place in a folder, as no network reads them: "
                + String.join(", ", unread.subList(0, Math.min(5, unread.size())))
                + (unread.size() > 5 ? ", ..." : ""));
          }
          new FolderWriter(single.checkpoint(), parts, written(), findings, told).write(target, options.tokenizer());
        }
      }
      default -> throw new WeightsException(model + ": is no whole model (" + kind()
          + "), which makes no folder; give it as a file, with --to single-file");
    }
  }

  private void copy(Path target) throws IOException {
    boolean whole = Files.exists(model.resolve("model_index.json"));
    if (!whole && changed()) {
      throw new WeightsException(model + ": is one network, which is neither mixed nor updated alone; give the whole"
          + " model's folder");
    }
    Path ema = model.resolve(EMA_FOLDER);
    boolean beside = whole && Files.isDirectory(ema) && !new ModelFolder(model).components().containsKey(EMA_FOLDER);
    if (averages && !beside) {
      throw new WeightsException(model + ": has no averages, which would be the folder " + EMA_FOLDER
          + "; leave --ema away");
    }
    if (beside && !averages) {
      told.accept(ema + ": averages over the training are left out; --ema takes them in the U-Net's place");
    }
    if (!changed() && !averages) {
      new FolderCopy(model, written(), Map.of(), beside ? Set.of(EMA_FOLDER) : Set.of(), Map.of(), told).write(target);
      return;
    }
    try (ModelParts parts = parts()) {
      Map<String, NamedTensors> others = new HashMap<>();
      for (String component : parts.components().keySet()) {
        if (parts.has(component) && !(component.equals(VAE) && options.autoencoder() != null)
            && (component.startsWith("text_encoder") || component.matches("unet|vae|decoder|"
                + "prior|text_proj|super_res_first|super_res_last|image_encoder|controlnet(_\\d+)?|vqvae"))) {
          others.put(component, parts.weights(component));
        }
      }
      if (options.autoencoder() == null) {
        new FolderCopy(model, written(), others, Set.of(EMA_FOLDER), Map.of(), told).write(target);
        return;
      }
      JsonFiles.write(Files.createDirectories(target.resolve(VAE)).resolve("config.json"), parts.config(VAE));
      written().write(target.resolve(VAE).resolve("diffusion_pytorch_model.safetensors"), parts.weights(VAE),
          parts.metadata(VAE), told);
      new FolderCopy(model, written(), others, Set.of(EMA_FOLDER, VAE), Map.of(VAE, parts.components().get(VAE)), told)
          .write(target);
    }
  }

  /** Writes one file: a whole model in the original naming, or what the file already is. */
  public void toFile(Path file) throws IOException {
    switch (form()) {
      case FOLDER -> {
        try (ModelParts parts = parts()) {
          new SingleFileWriter(parts, written(), findings, told).write(file);
        }
      }
      case CHECKPOINT -> checkpoint(file);
      default -> {
        if (changed() || averages) {
          throw new WeightsException(model + ": is no whole model (" + kind()
              + "); averages, mixes, updates and autoencoders are for whole ones");
        }
        try (WeightFile weights = WeightFile.open(model)) {
          written().write(file, weights, weights.metadata(), told);
        }
      }
    }
  }

  private void checkpoint(Path file) throws IOException {
    tellLeftovers();
    try (ModelParts parts = parts(); SingleFileParts single = single(model, averages)) {
      SingleFileCheckpoint checkpoint = single.checkpoint();
      NamedTensors stored =
          SomeTensors.of(checkpoint.stored(), name -> !CheckpointNames.isLeftover(name));
      if (changed()) {
        Map<String, NamedTensors> networks = new LinkedHashMap<>();
        if (options.autoencoder() != null) {
          requireRead(parts.config(VAE), checkpoint.autoencoderHabits());
        }
        parts.components().keySet().stream().filter(name -> !name.contains("scheduler"))
            .forEach(name -> networks.put(name, parts.weights(name)));
        stored = checkpoint.changed(stored, networks);
      }
      Path yaml = options.originalConfig() != null ? options.originalConfig()
          : SingleFileCheckpoint.configBeside(model);
      if (yaml != null) {
        JsonFiles.writeNew(SingleFileCheckpoint.yamlOf(file), Files.readString(yaml));
      }
      written().write(file, stored, checkpoint.metadata(), told);
    }
  }

  /** What an autoencoder's tensors do not tell is the model's, where they lie in one file with it. */
  private void requireRead(Map<String, Object> config, Map<String, Object> habits) {
    List<String> lost = new ArrayList<>();
    for (String key : List.of("scaling_factor", "norm_num_groups", "shift_factor")) {
      Object own = config.get(key);
      Object read = habits.get(key);
      if (own != null && !(own instanceof Number a && read instanceof Number b && a.doubleValue() == b.doubleValue())) {
        lost.add(key + " " + own + (read == null ? "" : " (read as " + read + ")"));
      }
    }
    if (!lost.isEmpty()) {
      findings.changes(options.autoencoder() + ": a single file has no place for the autoencoder's "
          + String.join(", ", lost) + "; write a folder (--to folder), or --lenient to write it all the same");
    }
  }

  private ModelParts parts() {
    ModelParts parts = open(model, averages);
    Map<ModelParts, Double> others = new LinkedHashMap<>();
    try {
      mixes.forEach((path, factor) -> others.put(open(path, false), factor));
      if (!mixes.isEmpty()) {
        double share = 1 - mixes.values().stream().mapToDouble(Double::doubleValue).sum();
        parts = new MixedParts(parts, share, others, findings);
      }
    } catch (RuntimeException e) {
      parts.close();
      others.keySet().forEach(ModelParts::close);
      throw e;
    }
    if (options.autoencoder() != null) {
      parts = new ReplacedAutoencoder(parts, options.autoencoder(), findings);
    }
    if (options.loras().isEmpty()) {
      return parts;
    }
    ModelParts adapted = new AdaptedParts(parts, options);
    for (String encoder : List.of("text_encoder", "text_encoder_2")) {
      if (adapted.components().containsKey(encoder)
          && !adapted.config(encoder).get("vocab_size").equals(parts.config(encoder).get("vocab_size"))) {
        adapted.close();
        throw new WeightsException(options.loras().getFirst().file()
            + ": brings learned tokens along, which cannot be merged into a model; use it with generate --lora");
      }
    }
    return adapted;
  }

  private ModelParts open(Path path, boolean averaged) {
    if (!Files.isDirectory(path)) {
      return single(path, averaged);
    }
    return new FolderParts(path, averaged ? Map.of("unet", EMA_FOLDER) : Map.of());
  }

  private SingleFileParts single(Path path, boolean averaged) {
    return new SingleFileParts(path, path.equals(model) ? options : LoadOptions.usual(), averaged);
  }

  private String kind() {
    try (WeightFile file = WeightFile.open(model)) {
      return WeightKind.of(file).label();
    }
  }

  private void tellLeftovers() {
    try (WeightFile file = WeightFile.open(model)) {
      tell(file, CheckpointNames::isAverage,
          averages ? "averages over the training stand in the U-Net's place: "
              : "averages over the training are left out, --ema takes them in the U-Net's place: ");
      tell(file, name -> CheckpointNames.isLeftover(name) && !CheckpointNames.isAverage(name),
          "noise levels and what losses had are left out, as nothing reads them: ");
    }
  }

  private void tell(WeightFile file, Function<String, Boolean> which, String what) {
    List<String> names = file.names().stream().filter(which::apply).toList();
    if (!names.isEmpty()) {
      long bytes = names.stream().mapToLong(name -> file.tensor(name).data().byteSize()).sum();
      told.accept(model + ": " + what
          + String.format(Locale.ROOT, "%d of %d tensors, %,d bytes", names.size(), file.names().size(), bytes));
    }
  }
}
