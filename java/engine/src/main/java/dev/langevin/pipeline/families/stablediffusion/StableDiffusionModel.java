package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Closing;
import dev.langevin.backend.Precision;
import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.IpAdapterConfig;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.FiniteWeights;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.files.FolderParts;
import dev.langevin.pipeline.files.ModelParts;
import dev.langevin.pipeline.stages.ClipTextEncoder;
import dev.langevin.pipeline.stages.ComfyNoise;
import dev.langevin.pipeline.stages.Control;
import dev.langevin.pipeline.stages.ImageEncoder;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.pipeline.stages.LatentDiffusion;
import dev.langevin.pipeline.stages.PromptEncoder;
import dev.langevin.pipeline.stages.SeededNoise;
import dev.langevin.pipeline.stages.TextEncoder;
import dev.langevin.pipeline.starts.ChainStart;
import dev.langevin.pipeline.starts.Enlarging;
import dev.langevin.pipeline.starts.FromNoise;
import dev.langevin.pipeline.starts.FromPicture;
import dev.langevin.pipeline.starts.GoingOn;
import dev.langevin.pipeline.starts.Inpainting;
import dev.langevin.pipeline.upscaling.UpscalingNetwork;
import dev.langevin.plan.WeightCache;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Setting;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.TensorSource;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.IpAdapterFile;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A latent diffusion model whose parts were checked and fit together. */
final class StableDiffusionModel implements Model {

  final Backend backend;
  final UNetConditionConfig config;
  final PromptEncoder prompts;
  final ModelSamplers samplers;
  final Adaptations adaptations;
  final LatentCodec codec;
  final List<Control.Loaded> controls = new ArrayList<>();
  final IpAdapterFile ipAdapter; // or null
  final ImageEncoder imageEncoder; // or null without an ipAdapter
  final UpscalingNetwork upscaler; // or null
  private final List<Network> networks = new ArrayList<>();
  private final LoadOptions options;
  private final ModelParts parts;
  private final WeightCache cache; // or null
  private final List<ModelParts> others = new ArrayList<>();
  private final ConfigValues index;

  /** @param parts owned by this model from now on, also where it cannot be made */
  StableDiffusionModel(ModelParts parts, LoadOptions options) {
    this.parts = parts;
    this.options = options;
    this.cache = FiniteWeights.cache(options);
    IpAdapterFile opened = null;
    UpscalingNetwork opening = null;
    CompletableFuture<Backend> starting = Loading.begin(() -> Backend.open(options.backend(), BackendOptions.usual()));
    try {
      Map<String, CompletableFuture<ClipTokenizer>> tokenizers = Loading.readTokenizers(parts);
      PromptFindings findings = PromptFindings.of(options);
      Loading.requireKnown(parts, options.autoencoder() != null);
      ModelParts sampler = options.scheduler() == null ? parts : new FolderParts(options.scheduler());
      Map<String, Object> schedulerConfig = sampler.schedulerConfig("scheduler");
      Loading.named(sampler, "scheduler_config.json", () -> Schedulers.fromConfig(schedulerConfig));
      if (upscales()) {
        named("low_res_scheduler", () -> Schedulers.fromConfig(parts.schedulerConfig("low_res_scheduler")));
      }
      this.index = named("", () -> ConfigValues.of(Configurations.MODEL_INDEX, parts.options()));
      this.config =
          named("unet",
              () -> UNetConditionConfig.of(Loading.bounded(parts, "unet", Configurations.UNET_CONDITION, options)));
      this.samplers = new ModelSamplers(parts.name(), schedulerConfig, config.textTime());
      Loading.requireFit(parts.weights("unet"), unetWeights(null), options);
      this.backend = Loading.end(starting);
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
      LatentDiffusion diffusion =
          new LatentDiffusion(backend, config, network(LatentDiffusion.UNET, options.precision(), cache, unet));
      this.codec = codec(options);
      List<Adaptations.Encoder> encoders = textEncoders(options, tokenizers); // late: by now they are read
      this.prompts = new PromptEncoder(encoders.stream().<TextEncoder>map(Adaptations.Encoder::encoder).toList());
      this.adaptations = new Adaptations(parts, options, new Adapted(prompts, diffusion, findings), encoders,
          each -> ipAdapter == null ? each : ipAdapter.beside(each, unetWeights(adapter(1))));
      for (int i = 0; parts.components().containsKey("controlnet") && (i == 0 || parts.has("controlnet_" + i)); i++) {
        addControl(parts, i == 0 ? "controlnet" : "controlnet_" + i, options);
      }
      opening = options.upscaler() == null ? null : UpscalingNetwork.open(options.upscaler(), backend);
      this.upscaler = opening;
      for (Path path : options.controlNets()) {
        ModelParts other = new FolderParts(path);
        others.add(other);
        addControl(other, "controlnet", options);
      }
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close();
      }
      if (opening != null) {
        opening.close();
      }
      starting.thenAccept(Backend::close); // also where it is still starting
      closeFiles();
      throw e;
    }
  }

  private Network network(String name, Precision precision, WeightCache kept, TensorSource weights) {
    Network made = new Network(name, backend, precision, kept, weights);
    made.updated(options.keptUpdates());
    networks.add(options.maxBytes() == Long.MAX_VALUE ? made : made.thrifty());
    return made;
  }

  @Override
  public Backend backend() {
    return backend;
  }

  @Override
  public ModelFacts facts() {
    return new ModelFacts("Stable Diffusion", usualSide(), usualSide(), codec.reduction(), samplers.own().className(),
        true, false,
        upscales(), zerosWithoutNegative(), prompts.clipSkip());
  }

  @Override
  public Set<Setting> honours() {
    Set<Setting> honoured =
        EnumSet.complementOf(EnumSet.of(Setting.LABEL, Setting.IMAGE_EMBEDDINGS, Setting.PRIOR, Setting.ENLARGING));
    honoured.removeAll(upscales() ? EnumSet.of(Setting.STRENGTH, Setting.MASK) : EnumSet.of(Setting.NOISE_LEVEL));
    if (!config.textTime()) {
      honoured.remove(Setting.MICRO);
    }
    if (prompts.count() < 2) {
      honoured.remove(Setting.SECOND_PROMPT);
    }
    return honoured;
  }

  @Override
  public GenerationRequest complete(GenerationRequest request) {
    RequestShape shape = RequestShape.of(this, request);
    return request.toBuilder().size(shape.width(), shape.height()).steps(shape.steps()).guidance(shape.guidance())
        .build();
  }

  @Override
  public List<Stage> stages(GenerationRequest request) {
    RequestShape shape = RequestShape.of(this, request);
    Hires hires = request.hires() == null ? null : Hires.of(this, request, shape);
    Sample sample = new Sample(this, request, shape, start(request, shape));
    List<Stage> stages = new ArrayList<>(List.of(new Text(this, request, shape, sample), sample.beginning(), sample));
    if (hires != null) {
      stages.addAll(hires.stages());
    } else if (request.denoisingEnd() == 1) {
      stages.add(new Decode(this, request, shape.latents()));
    }
    return stages;
  }

  private ChainStart start(GenerationRequest request, RequestShape shape) {
    if (request.latents() != null) {
      return new GoingOn();
    }
    if (upscales()) {
      NoiseSchedule noise =
          Schedulers.fromConfig(parts.schedulerConfig("low_res_scheduler")).noiseSchedule().orElseThrow();
      if (request.noiseLevel() >= noise.steps()) {
        throw new IllegalArgumentException("the noise level is " + request.noiseLevel() + ", must be below "
            + noise.steps() + ", num_train_timesteps of " + parts.name() + "'s low_res_scheduler");
      }
      return new Enlarging(noise);
    }
    if (request.image() == null) {
      return new FromNoise();
    }
    List<Need> needs = List.of(codec.encoder(shape.height(), shape.width(), request.tiling()));
    return request.mask() == null
        ? new FromPicture(codec, shape.image(), shape.strength(), shape.steps(), needs)
        : new Inpainting(codec, shape.image(), shape.mask(), shape.latents(), shape.extra() > 0, shape.strength(),
            shape.steps(), needs);
  }

  @Override
  public long bytesBeside(GenerationRequest request) {
    RequestShape shape = RequestShape.of(this, request);
    return shape.bytesBeside(request)
        + (request.hires() == null ? 0 : Hires.of(this, request, shape).shape().bytesBeside(request));
  }

  @Override
  public NoiseSource noise(GenerationRequest request) {
    return request.compat() == Compat.COMFY ? new ComfyNoise(request.seed()) : new SeededNoise(request.seed());
  }

  @Override
  public boolean seedsEach() {
    return true;
  }

  private <T> T named(String component, Supplier<T> reader) {
    return Loading.named(parts, component, reader);
  }

  private List<Adaptations.Encoder> textEncoders(LoadOptions options,
      Map<String, CompletableFuture<ClipTokenizer>> tokenizers) {
    List<Adaptations.Encoder> encoders = new ArrayList<>();
    for (String suffix : new String[] {"", "_2"}) {
      String component = "text_encoder" + suffix;
      String className = parts.components().get(component);
      if (className != null) {
        ClipConfig clip = named(component,
            () -> ClipConfig.of(Loading.bounded(parts, component, Configurations.CLIP, options),
                className.endsWith("WithProjection")));
        String prefix = parts.weights(component).has("text_model.final_layer_norm.weight") ? "text_model." : "";
        ClipTokenizer tokenizer = Loading.end(tokenizers.get("tokenizer" + suffix));
        named(component, () -> {
          clip.requireKnown(tokenizer);
          return tokenizer;
        });
        ClipTextEncoder encoder =
            new ClipTextEncoder(network(component, Precision.F32, cache, parts.weights(component)), tokenizer, clip,
                prefix, config.textTime());
        Loading.requireFit(parts.weights(component), named(component, encoder::storedWeights), options);
        encoders.add(new Adaptations.Encoder(component, encoder, clip));
      }
    }
    int width = encoders.stream().mapToInt(each -> each.encoder().width()).sum();
    if (width != config.contextDim()) {
      throw new WeightsException(
          parts.name() + ": the text encoders give " + width + " channels a token, the unet's cross_attention_dim is "
              + config.contextDim() + "; do they belong together?");
    }
    int[] lengths = encoders.stream().mapToInt(each -> each.encoder().tokenizer().length()).toArray();
    if (lengths.length == 2 && lengths[0] != lengths[1]) { // whose channels lie side by side
      throw new WeightsException(
          parts.name() + ": tokenizer_config.json: model_max_length of tokenizer is " + lengths[0]
              + ", of tokenizer_2 " + lengths[1] + "; both must be the same");
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
    ModelParts from = source;
    ClipConfig clip =
        Loading.named(source, "image_encoder",
            () -> ClipConfig.of(Loading.bounded(from, "image_encoder", Configurations.CLIP, options), true));
    NamedTensors weights = source.weights("image_encoder");
    ImageEncoder encoder = new ImageEncoder(network("image_encoder", Precision.F32, null, weights), clip);
    Loading.requireFit(weights, Loading.named(from, "image_encoder", encoder::storedWeights), options);
    if (clip.projection() != ipAdapter.embedding()) {
      throw new WeightsException(
          options.ipAdapter() + ": reads embeddings of " + ipAdapter.embedding() + " channels, the image encoder gives "
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
    return named("unet", () -> UNet2DCondition
        .graph(config, 1, side, side, 1, config.textTime() ? timeIds() : 0, 0, false, adapter).storedWeights());
  }

  /** Sizes that the network is told: 6, or 5 of a refiner. */
  int timeIds() {
    return scored() ? 5 : 6;
  }

  boolean scored() {
    return index.flag("requires_aesthetics_score");
  }

  /** Whether no negative prompt means zeros, not the encoding of an empty text. */
  boolean zerosWithoutNegative() {
    return config.textTime() && index.flag("force_zeros_for_empty_prompt");
  }

  private LatentCodec codec(LoadOptions options) {
    ModelParts source = Loading.autoencoder(parts, options);
    if (source != parts) {
      others.add(source);
    }
    Map<String, Object> json = source.config("vae");
    NamedTensors weights = source.weights("vae");
    boolean tiny = "AutoencoderTiny".equals(json.get("_class_name"));
    Precision precision = Loading.autoencoderPrecision(options.precision(), json, config.textTime() || upscales());
    LatentCodec made = Loading.named(source, "vae", () -> {
      Loading.bounded(source, "vae", tiny ? Configurations.AUTOENCODER_TINY : Configurations.AUTOENCODER, options);
      return tiny
          ? new LatentCodec(name -> network(name, precision, cache, weights), AutoencoderTinyConfig.of(json))
          : new LatentCodec(name -> network(name, precision, cache, weights), AutoencoderConfig.of(json));
    });
    Loading.requireFit(weights, Loading.named(source, "vae", made::storedWeights), options);
    return made;
  }

  private void addControl(ModelParts source, String component, LoadOptions options) {
    UNetConditionConfig control = Loading.control(source, component, timeIds(), options);
    controls
        .add(new Control.Loaded(control, network(component, options.precision(), cache, source.weights(component))));
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

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(List.of(backend));
    all.add(() -> backend.call(() -> {
      closeParts();
      return null;
    }));
    Closing.all(all);
  }

  private void closeParts() {
    networks.forEach(Network::close);
    if (upscaler != null) {
      upscaler.close();
    }
    if (ipAdapter != null) {
      ipAdapter.close();
    }
    closeFiles();
  }

  private void closeFiles() {
    parts.close();
    others.forEach(ModelParts::close);
  }
}
