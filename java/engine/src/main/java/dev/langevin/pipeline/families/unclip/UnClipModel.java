package dev.langevin.pipeline.families.unclip;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Closing;
import dev.langevin.backend.Precision;
import dev.langevin.config.Configurations;
import dev.langevin.config.Section;
import dev.langevin.config.UnreadFields;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.graph.Graph;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.engine.FiniteWeights;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.engine.Service;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.ClipTextEncoder;
import dev.langevin.pipeline.stages.ImageEncoder;
import dev.langevin.pipeline.stages.SeededNoise;
import dev.langevin.plan.TimesAhead;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Setting;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import dev.langevin.weights.WeightsException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** A folder of Karlo's layout, opened and checked. */
final class UnClipModel implements Model, Embeddings {

  /**
   * What a request takes beside its networks, at most: pictures, Java's heap, and code that is compiled while it runs.
   */
  static final long BESIDE_BYTES = 256L << 20;

  private static final List<String> SCHEDULERS = List.of("prior_scheduler", "decoder_scheduler", "super_res_scheduler");

  final ModelFolder folder;
  final Backend backend;
  final LoadOptions options;
  final ClipConfig text;
  final PriorConfig prior; // or null
  final UnClipTextProjection.Config projection;
  final UNetConditionConfig decoder;
  final UNet2DConfig superResolution;
  final ClipTextEncoder textEncoder;
  final ImageEncoder imageEncoder; // or null
  final float[] priorMean; // by which embeddings were made normal, or null
  final float[] priorDeviation; // likewise
  private final UNet2DConfig lastStep;
  private final Map<String, ModelWeights> weights = new TreeMap<>();
  private final Map<String, Network> networks = new TreeMap<>();
  private final boolean inTurn;

  UnClipModel(ModelFolder folder, LoadOptions options) {
    this.folder = folder;
    this.options = options;
    text = config("text_encoder", json -> ClipConfig.of(json, true));
    ClipConfig vision = folder.has("image_encoder") ? config("image_encoder", json -> ClipConfig.of(json, true)) : null;
    prior = folder.has("prior") ? config("prior", PriorConfig::of) : null;
    projection = config("text_proj", UnClipTextProjection.Config::of);
    decoder = config("decoder", UNetConditionConfig::of);
    superResolution = config("super_res_first", UNet2DConfig::of);
    lastStep = config("super_res_last", UNet2DConfig::of);
    requireComplete();
    for (String name : SCHEDULERS) {
      if (!name.equals("prior_scheduler") || prior != null) {
        scheduler(name);
      }
    }
    backend = Backend.open(options.backend(), BackendOptions.usual());
    try {
      for (String name : new String[] {"text_encoder", "image_encoder", "prior", "text_proj", "decoder",
          "super_res_first", "super_res_last"}) {
        if (folder.has(name)) {
          ModelWeights files = folder.weights(name);
          weights.put(name, files);
          named(name, () -> {
            files.requireLayers(section(name), folder.config(name));
            UnreadFields.tell(section(name), folder.component(name).toString(), folder.config(name),
                options.findings());
            return files;
          });
          Precision precision =
              name.equals("decoder") || name.startsWith("super") ? options.precision() : Precision.F32;
          Network network = new Network(name, backend, precision, FiniteWeights.cache(options), files);
          networks.put(name, options.maxBytes() == Long.MAX_VALUE ? network : network.thrifty());
        }
      }
      String prefix = weights.get("text_encoder").has("text_model.final_layer_norm.weight") ? "text_model." : "";
      textEncoder = new ClipTextEncoder(networks.get("text_encoder"),
          TokenizerFiles.clip(folder.component("tokenizer")), text, prefix, false);
      imageEncoder = vision == null ? null : new ImageEncoder(networks.get("image_encoder"), vision);
      requireFit();
      weights.values().forEach(files -> FiniteWeights.require(files, options));
      priorMean = prior == null ? null : weights.get("prior").tensor("clip_mean").toFloats();
      priorDeviation = prior == null ? null : weights.get("prior").tensor("clip_std").toFloats();
      long elements = weights.values().stream()
          .flatMapToLong(files -> files.names().stream().mapToLong(name -> files.tensor(name).shape().elements()))
          .sum();
      inTurn = 2 * elements * Float.BYTES > Network.COMFORTABLE; // packed weights of fast kernels take more
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private <T> T config(String component, Function<Map<String, Object>, T> reader) {
    Map<String, Object> json = folder.config(component);
    return named(component, () -> reader.apply(json));
  }

  private <T> T named(String component, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.component(component) + "/" + e.getMessage(), e);
    }
  }

  private static Section section(String component) {
    return switch (component) {
      case "text_encoder", "image_encoder" -> Configurations.CLIP;
      case "prior" -> Configurations.PRIOR;
      case "text_proj" -> Configurations.TEXT_PROJECTION;
      case "decoder" -> Configurations.UNET_CONDITION;
      default -> Configurations.UNET2D;
    };
  }

  /**
   * Pictures are as large as the configurations say: a caller has no say in it. The decoder is told of the picture's
   * embedding beside the timestep.
   */
  private void requireComplete() {
    requireSide("decoder", decoder.sampleSize(), decoder.reduction());
    requireSide("super_res_first", superResolution.sampleSize(),
        Math.max(superResolution.reduction(), lastStep.reduction()));
    if (decoder.classEmbedding() == null) {
      throw new WeightsException(folder.component("decoder")
          + "/config.json: class_embed_type is missing, must be identity, projection or simple_projection");
    }
  }

  private void requireSide(String component, Integer side, int reduction) {
    if (side == null || side % reduction != 0) {
      throw new WeightsException(
          folder.component(component) + "/config.json: sample_size is " + (side == null ? "missing" : side)
              + ", must be a picture's side, a multiple of " + reduction);
    }
  }

  /** Every network's tensors are there, in their shapes. */
  private void requireFit() {
    named("text_encoder", () -> {
      text.requireKnown(textEncoder.tokenizer());
      int length = textEncoder.tokenizer().length();
      if (prior != null && length != prior.texts()) {
        throw new IllegalArgumentException(
            "the tokenizer's model_max_length is " + length + ", the prior's num_embeddings "
                + prior.texts() + "; do they belong together?");
      }
      weights.get("text_encoder").requireFit(textEncoder.storedWeights(), options.findings());
      return text;
    });
    if (imageEncoder != null) {
      weights.get("image_encoder")
          .requireFit(named("image_encoder", imageEncoder::storedWeights), options.findings());
    }
    for (String name : weights.keySet()) {
      if (!name.endsWith("_encoder")) {
        Map<String, Shape> stored = new TreeMap<>(named(name, () -> graph(name, 1, true)).storedWeights());
        if (name.equals("prior")) { // by which embeddings were made normal
          stored.put("clip_mean", Shape.of(1, prior.imageWidth()));
          stored.put("clip_std", Shape.of(1, prior.imageWidth()));
        }
        weights.get(name).requireFit(stored, options.findings());
      }
    }
  }

  @Override
  public Backend backend() {
    return backend;
  }

  @Override
  public ModelFacts facts() {
    int side = superResolution.sampleSize();
    return new ModelFacts("unCLIP", side, side, side, null, prior != null, false, false);
  }

  @Override
  public Set<Setting> honours() {
    EnumSet<Setting> honoured =
        EnumSet.of(Setting.PROMPT, Setting.SIZE, Setting.IMAGE_EMBEDDINGS, Setting.ENLARGING);
    if (prior != null) {
      honoured.add(Setting.PRIOR);
    }
    if (imageEncoder != null) {
      honoured.add(Setting.IMAGE_PROMPT);
    }
    return honoured;
  }

  @Override
  public GenerationRequest complete(GenerationRequest request) {
    UnClipShape shape = UnClipShape.of(request);
    int side = superResolution.sampleSize();
    int width = request.width() == null ? side : request.width();
    int height = request.height() == null ? side : request.height();
    if (width != side || height != side) { // a picture of that size says it of itself, and is to be made again
      throw new IllegalArgumentException("unCLIP has no size to choose: " + folder.root() + " makes pictures of " + side
          + "x" + side + " alone, " + width + "x" + height + " was asked for; leave that away");
    }
    return request.toBuilder().steps(shape.decoderSteps()).guidance(shape.decoderGuidance())
        .prior(shape.priorSteps(), shape.priorGuidance()).enlargingSteps(shape.enlargingSteps()).build();
  }

  @Override
  public List<Stage> stages(GenerationRequest request) {
    UnClipShape shape = UnClipShape.of(request);
    List<Stage> stages = new ArrayList<>();
    stages.add(new Texts(this, shape, request));
    stages.add(request.imageEmbeddings() == null && request.imagePrompt() == null ? new Prior(this, shape)
        : new Given(this, request));
    stages.add(new Project(this, shape));
    stages.add(new Decoder(this, shape));
    stages.add(new Enlarge(this, shape));
    return stages;
  }

  /**
   * A network's graph.
   *
   * @param guided whether decoder and prior see a half without a text
   */
  Graph graph(String network, int samples, boolean guided) {
    int rows = guided ? 2 * samples : samples;
    int small = decoder.sampleSize();
    int side = superResolution.sampleSize();
    int length = textEncoder.tokenizer().length();
    int tokens = projection.extra() + length;
    return switch (network) {
      case "prior" -> TimesAhead.of(PriorTransformer.graph(prior, rows, true), backend);
      case "text_proj" -> UnClipTextProjection.graph(projection, rows - samples, samples, length);
      case "decoder" ->
          TimesAhead.of(UNet2DCondition.graph(decoder, rows, small, small, tokens, 0, 0, false), backend);
      case "super_res_first" -> TimesAhead.of(UNet2D.graph(superResolution, samples, side, side), backend);
      case "super_res_last" -> UNet2D.graph(lastStep, samples, side, side); // of one call
      default -> throw new IllegalArgumentException(network);
    };
  }

  Network network(String name) {
    return networks.get(name);
  }

  Need need(String name, UnClipShape shape) {
    return new Need(name, network(name), List.of(shape.samples(), shape.guided()),
        () -> graph(name, shape.samples(), shape.guided()),
        Math.min(options.maxBytes(), Network.COMFORTABLE), false);
  }

  Trajectory trajectory(String component, int steps) {
    Scheduler scheduler = scheduler(component);
    return named(component, () -> {
      try {
        return scheduler.trajectory(TrajectoryOptions.steps(steps));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("scheduler_config.json: " + e.getMessage(), e);
      }
    });
  }

  private Scheduler scheduler(String component) {
    Map<String, Object> json = folder.schedulerConfig(component);
    return named(component, () -> Schedulers.fromConfig(json));
  }

  @Override
  public long bytesBeside(GenerationRequest request) {
    return BESIDE_BYTES;
  }

  @Override
  public NoiseSource noise(GenerationRequest request) {
    return new SeededNoise(request.seed());
  }

  @Override
  public boolean seedsEach() {
    return true;
  }

  /** Networks of billions of weights do not lie beside each other; their weights stay mapped. */
  @Override
  public boolean inTurn() {
    return inTurn;
  }

  @Override
  public boolean hasPrior() {
    return prior != null;
  }

  @Override
  public boolean readsPictures() {
    return imageEncoder != null;
  }

  @Override
  public int side() {
    return requirePictures().side();
  }

  private ImageEncoder requirePictures() {
    if (imageEncoder == null) {
      throw new IllegalArgumentException(
          folder.root() + " has no image_encoder; name a folder of the variation pipeline");
    }
    return imageEncoder;
  }

  @Override
  public Tensor ofTexts(List<String> texts) {
    float[][] all = new float[texts.size()][];
    for (int n = 0; n < all.length; n++) {
      long[] ids = textEncoder.tokenizer().tokenize(texts.get(n)).ids();
      all[n] = backend.call(() -> textEncoder.encode(ids, 0)).pooled();
    }
    return Texts.stacked(all, text.projection());
  }

  @Override
  public Tensor ofPicture(Tensor pixels) {
    ImageEncoder encoder = requirePictures();
    return backend.call(() -> encoder.encode(pixels));
  }

  @Override
  public Tensor ofPrior(GenerationRequest request, NoiseSource noise, GenerationListener listener,
      CancellationToken token) {
    UnClipShape shape = UnClipShape.of(request);
    try (Service service = new Service(new PriorAlone(this, shape, request), options.maxBytes(), 1)) {
      return service.generate(request, noise, listener, token).tensors().get(Prior.EMBEDDINGS);
    }
  }

  @Override
  public Tensor between(Tensor from, Tensor to, double part) {
    return Arc.between(from, to, part);
  }

  @Override
  public Tensor towards(Tensor embedding, String without, String with, double part) {
    Tensor texts = ofTexts(List.of(without, with));
    return Arc.between(embedding, Arc.difference(texts.row(0), texts.row(1), embedding), part);
  }

  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>(List.of(backend));
    all.addAll(weights.values());
    all.add(() -> backend.call(() -> {
      networks.values().forEach(Network::close);
      return null;
    }));
    Closing.all(all);
  }
}
