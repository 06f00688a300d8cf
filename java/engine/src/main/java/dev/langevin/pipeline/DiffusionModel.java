package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ControlNet;
import dev.langevin.models.IpAdapterConfig;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.WeightCache;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.TensorSource;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.IpAdapterFile;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** A latent diffusion model whose parts were checked and fit together. Used by one thread at a time. */
final class DiffusionModel implements AutoCloseable {

  /** Components that make no picture. */
  private static final Set<String> IGNORED = Set.of("safety_checker", "feature_extractor", "image_encoder", "watermarker");

  private static final Set<String> KNOWN = Set.of(
      "unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler", "low_res_scheduler", "controlnet");

  /** A control network's configuration and weights. */
  record ControlNetwork(UNetConditionConfig config, TensorSource weights) {}

  final Backend backend;
  final UNetConditionConfig config;
  final PromptEncoder prompts;
  final LatentDiffusion diffusion;
  final LatentCodec codec;
  final List<ControlNetwork> controls = new ArrayList<>();
  final IpAdapterFile ipAdapter; // or null
  final ImageEncoder imageEncoder; // or null without an ipAdapter
  private final ModelParts parts;
  private final WeightCache cache; // or null
  private final List<ModelParts> others = new ArrayList<>();
  private final Map<String, Object> schedulerConfig;
  private boolean closed;

  /** @param parts owned by this model from now on, also where it cannot be made */
  DiffusionModel(ModelParts parts, LoadOptions options) {
    this.parts = parts;
    this.cache = options.allowNan() ? null : options.weightCache(); // what it holds is known to be finite
    IpAdapterFile opened = null;
    CompletableFuture<Backend> starting = begin(() -> Backend.open(options.backend(), BackendOptions.usual()));
    try {
      Map<String, CompletableFuture<ClipTokenizer>> tokenizers = readTokenizers();
      requireKnown();
      this.schedulerConfig =
          (options.scheduler() == null ? parts : new FolderParts(options.scheduler())).schedulerConfig("scheduler");
      named("scheduler", () -> Schedulers.fromConfig(schedulerConfig));
      this.config = named("unet", () -> UNetConditionConfig.of(parts.config("unet")));
      requireFit(parts.weights("unet"), unetWeights(null), options);
      this.backend = end(starting);
      NamedTensors unet = parts.weights("unet");
      if (options.ipAdapter() == null) {
        this.ipAdapter = null;
        this.imageEncoder = null;
      } else {
        opened = IpAdapterFile.open(options.ipAdapter());
        this.ipAdapter = opened;
        this.imageEncoder = imageEncoder(options);
        unet = ipAdapter.beside(unet, unetWeights(adapter(1)));
      }
      this.diffusion = new LatentDiffusion(backend, config, unet, options.precision(), cache);
      this.codec = codec(options);
      this.prompts = new PromptEncoder(textEncoders(options, tokenizers)); // late: by now they are read
      for (int i = 0; parts.components().containsKey("controlnet") && (i == 0 || parts.has("controlnet_" + i)); i++) {
        addControl(parts, i == 0 ? "controlnet" : "controlnet_" + i, options);
      }
      for (Path path : options.controlNets()) {
        ModelParts other = new FolderParts(path);
        others.add(other);
        addControl(other, "controlnet", options);
      }
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      closeFiles();
      starting.thenAccept(Backend::close); // also where it is still starting
      throw e;
    }
  }

  private void requireKnown() {
    parts.components().forEach((component, className) -> {
      if (IGNORED.contains(component)) {
        return;
      }
      boolean known = switch (component) {
        case "unet" -> className.equals("UNet2DConditionModel");
        case "vae" -> className.equals("AutoencoderKL") || className.equals("AutoencoderTiny");
        case "text_encoder", "text_encoder_2" -> className.equals("CLIPTextModel") || className.equals("CLIPTextModelWithProjection");
        case "tokenizer", "tokenizer_2" -> className.equals("CLIPTokenizer") || className.equals("CLIPTokenizerFast");
        case "scheduler", "low_res_scheduler" -> Schedulers.classNames().contains(className);
        case "controlnet" -> className.equals("ControlNetModel") || className.equals("MultiControlNetModel");
        default -> false;
      };
      if (!known) {
        throw new WeightsException(parts.name() + ": the component " + component + " is a " + className
            + ", which Stable Diffusion pipelines here do not know; components they know are " + new TreeSet<>(KNOWN));
      }
    });
    for (String needed : List.of("unet", "vae", "scheduler")) {
      if (!parts.components().containsKey(needed)) {
        throw new WeightsException(parts.name() + ": the component " + needed + " is missing; is it a latent diffusion model?");
      }
    }
    if (!parts.components().containsKey("text_encoder") && !parts.components().containsKey("text_encoder_2")) {
      throw new WeightsException(parts.name() + ": there is no text_encoder; is it a text-to-picture model?");
    }
  }

  private <T> T named(String component, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      throw new WeightsException(parts.name() + ": " + component + ": " + e.getMessage(), e);
    }
  }

  /** Begins to read them, by their components' names: beside all else, as it takes as long. */
  private Map<String, CompletableFuture<ClipTokenizer>> readTokenizers() {
    Map<String, CompletableFuture<ClipTokenizer>> tokenizers = new HashMap<>();
    for (String suffix : new String[] {"", "_2"}) {
      if (parts.components().containsKey("text_encoder" + suffix)) {
        tokenizers.put("tokenizer" + suffix, begin(() -> parts.tokenizer("tokenizer" + suffix)));
      }
    }
    return tokenizers;
  }

  /** Does a part of loading on a thread of its own. */
  private static <T> CompletableFuture<T> begin(Supplier<T> part) {
    return CompletableFuture.supplyAsync(part, work -> Thread.ofPlatform().daemon().name("langevin-load").start(work));
  }

  private static <T> T end(CompletableFuture<T> part) {
    try {
      return part.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private List<TextEncoder> textEncoders(LoadOptions options, Map<String, CompletableFuture<ClipTokenizer>> tokenizers) {
    List<TextEncoder> encoders = new ArrayList<>();
    for (String suffix : new String[] {"", "_2"}) {
      String component = "text_encoder" + suffix;
      String className = parts.components().get(component);
      if (className != null) {
        ClipConfig clip = named(component, () -> ClipConfig.of(parts.config(component), className.endsWith("WithProjection")));
        String prefix = parts.weights(component).has("text_model.final_layer_norm.weight") ? "text_model." : "";
        ClipTokenizer tokenizer = end(tokenizers.get("tokenizer" + suffix));
        if (tokenizer.entries() > clip.entries() || tokenizer.length() > clip.positions()) {
          throw new WeightsException(parts.name() + ": the tokenizer has " + tokenizer.entries() + " symbols and texts of "
              + tokenizer.length() + " tokens, the " + component + " knows " + clip.entries() + " and " + clip.positions()
              + "; do they belong together?");
        }
        TextEncoder encoder = new TextEncoder(
            backend, tokenizer, clip, parts.weights(component), cache, prefix, config.textTime());
        requireFit(parts.weights(component), encoder.storedWeights(), options);
        encoders.add(encoder);
      }
    }
    int width = encoders.stream().mapToInt(TextEncoder::width).sum();
    if (width != config.contextDim()) {
      throw new WeightsException(parts.name() + ": the text encoders give " + width + " channels a token, the unet's cross_attention_dim is "
          + config.contextDim() + "; do they belong together?");
    }
    return encoders;
  }

  private ImageEncoder imageEncoder(LoadOptions options) {
    ModelParts source = parts;
    if (options.imageEncoder() != null) {
      source = new FolderParts(options.imageEncoder());
      others.add(source);
    } else if (!parts.has("image_encoder")) {
      throw new WeightsException(parts.name() + ": has no image_encoder for the IP-Adapter; give the folder of one");
    }
    Map<String, Object> json = source.config("image_encoder");
    ClipConfig clip = named("image_encoder", () -> ClipConfig.of(json, true));
    NamedTensors weights = source.weights("image_encoder");
    ImageEncoder encoder = new ImageEncoder(backend, clip, weights);
    requireFit(weights, encoder.storedWeights(), options);
    if (clip.projection() != ipAdapter.embedding()) {
      throw new WeightsException(options.ipAdapter() + ": reads embeddings of " + ipAdapter.embedding() + " channels, the image encoder gives "
          + clip.projection() + "; do they belong together?");
    }
    return encoder;
  }

  /** The network's part for a picture as a prompt. */
  IpAdapterConfig adapter(double scale) {
    return new IpAdapterConfig(ipAdapter.tokens(config.contextDim()), ipAdapter.embedding(), scale);
  }

  private Map<String, Shape> unetWeights(IpAdapterConfig adapter) {
    int side = 2 * config.reduction();
    return named("unet", () -> UNet2DCondition.graph(config, 1, side, side, 1, config.textTime() ? timeIds() : 0, 0, false, adapter).storedWeights());
  }

  /** Sizes that the network is told: 6, or 5 of a refiner. */
  int timeIds() {
    return scored() ? 5 : 6;
  }

  boolean scored() {
    return Boolean.TRUE.equals(parts.options().get("requires_aesthetics_score"));
  }

  /** Whether no negative prompt means zeros, not the encoding of an empty text. */
  boolean zerosWithoutNegative() {
    return config.textTime() && !Boolean.FALSE.equals(parts.options().get("force_zeros_for_empty_prompt"));
  }

  private LatentCodec codec(LoadOptions options) {
    ModelParts source = parts;
    if (options.autoencoder() != null) {
      source = new FolderParts(options.autoencoder());
      others.add(source);
    }
    Map<String, Object> json = source.config("vae");
    NamedTensors weights = source.weights("vae");
    LatentCodec made = named("vae", () -> "AutoencoderTiny".equals(json.get("_class_name"))
        ? new LatentCodec(backend, AutoencoderTinyConfig.of(json), weights, cache)
        : new LatentCodec(backend, AutoencoderConfig.of(json), weights, cache));
    requireFit(weights, made.storedWeights(), options);
    return made;
  }

  private void addControl(ModelParts source, String component, LoadOptions options) {
    UNetConditionConfig control = named(component, () -> UNetConditionConfig.of(source.config(component)));
    int side = 2 * control.reduction();
    requireFit(source.weights(component),
        named(component, () -> ControlNet.graph(control, 1, side, side, 1, control.textTime() ? timeIds() : 0, 1).storedWeights()), options);
    controls.add(new ControlNetwork(control, source.weights(component)));
  }

  private void requireFit(NamedTensors weights, Map<String, Shape> expected, LoadOptions options) {
    weights.requireFit(expected);
    if (cache != null && cache.knows(weights.identity())) {
      return; // they were read, and found finite, before they came there
    }
    List<String> notFinite = weights.notFinite();
    if (!notFinite.isEmpty()) {
      String message = weights.origin() + ": " + notFinite.size() + " tensors hold NaN or infinite values, such as "
          + notFinite.subList(0, Math.min(10, notFinite.size())) + "; download the file again, or convert it from f32";
      if (!options.allowNan()) {
        throw new WeightsException(message);
      }
      options.warnings().accept(message);
    }
    weights.unload();
  }

  /** Whether it makes a picture larger, with that picture beside the sample. */
  boolean upscales() {
    return parts.components().containsKey("low_res_scheduler");
  }

  /** Side of the pictures that it was trained on, in pixels. */
  int usualSide() {
    return (config.sampleSize() != null ? config.sampleSize() : 64) * codec.reduction();
  }

  /** Guidance that models of its kind are used with. */
  double usualGuidance() {
    return config.timeConditionDim() != null ? 8.5 : config.textTime() ? 5 : upscales() ? 9 : 7.5;
  }

  /** Share of the chain that a picture to begin with is taken back. */
  double usualStrength() {
    return config.textTime() ? 0.3 : 0.8;
  }

  /** The sampler of that name over the model's noise levels, or the model's own. */
  Scheduler scheduler(String name) {
    return name == null ? Schedulers.fromConfig(schedulerConfig) : Schedulers.named(name, schedulerConfig);
  }

  /** The forward chain by which an upscaler's picture is noised. */
  Scheduler lowResolutionScheduler() {
    return Schedulers.fromConfig(parts.schedulerConfig("low_res_scheduler"));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      backend.call(() -> {
        closeParts();
        return null;
      });
    } finally {
      backend.close();
    }
  }

  private void closeParts() {
    prompts.close();
    diffusion.close();
    codec.close();
    if (imageEncoder != null) {
      imageEncoder.close();
      ipAdapter.close();
    }
    closeFiles();
  }

  private void closeFiles() {
    parts.close();
    others.forEach(ModelParts::close);
  }
}
