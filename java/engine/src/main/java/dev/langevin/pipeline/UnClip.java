package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.graph.Graph;
import dev.langevin.image.Enlargement;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.TokenIds;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import dev.langevin.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * DALL-E 2's architecture (arXiv:2204.06125), from a diffusers folder of Karlo's layout: a prior turns a text into an image embedding,
 * a decoder that into a small picture, and two networks enlarge it, of which the second takes the last step. A folder of the variation
 * pipeline has a picture's encoder in the prior's place.
 *
 * <p>Of the networks one is in memory at a time; its weights stay mapped. Any thread may ask; requests run one after another.
 */
public final class UnClip implements AutoCloseable {

  /** What a request takes beside its networks, at most: pictures, Java's heap, and code that is compiled while it runs. */
  public static final long BESIDE_BYTES = 256L << 20;

  private static final Set<String> PIPELINES = Set.of("UnCLIPPipeline", "UnCLIPImageVariationPipeline");

  private final ModelFolder folder;
  private final long maxBytes;
  private final Backend backend;
  private final Planner planner;
  private final Map<String, ModelWeights> weights = new TreeMap<>();
  private final ClipTokenizer tokenizer;
  private final ClipConfig text;
  private final ClipConfig vision;
  private final PriorConfig prior;
  private final UnClipTextProjection.Config projection;
  private final UNetConditionConfig decoder;
  private final UNet2DConfig superResolution;

  /**
   * Reads a folder's configurations and maps its weights.
   *
   * @throws WeightsException if a file is missing or malformed, or files do not belong together, naming the entry at fault
   */
  public static UnClip load(Path path, Backend backend) {
    return load(path, backend, Long.MAX_VALUE);
  }

  /**
   * The same with a limit.
   *
   * @param backend the model holds a share of it until it is closed; the caller's own may be closed before
   * @param maxBytes most memory that a network may take; a request that needs more fails with a {@link MemoryLimitException}
   */
  public static UnClip load(Path path, Backend backend, long maxBytes) {
    ModelFolder folder = new ModelFolder(path);
    if (!PIPELINES.contains(folder.pipelineClass())) {
      throw new WeightsException(folder.index() + ": _class_name is " + folder.pipelineClass() + "; known are " + PIPELINES);
    }
    Backend own = backend.share();
    try {
      return new UnClip(folder, own, maxBytes);
    } catch (IllegalArgumentException e) {
      own.close();
      throw new WeightsException(path + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      own.close();
      throw e;
    }
  }

  private UnClip(ModelFolder folder, Backend backend, long maxBytes) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.backend = backend;
    planner = new Planner(backend);
    tokenizer = TokenizerFiles.clip(folder.component("tokenizer"));
    text = ClipConfig.of(folder.config("text_encoder"), true);
    vision = folder.has("image_encoder") ? ClipConfig.of(folder.config("image_encoder"), true) : null;
    prior = folder.has("prior") ? PriorConfig.of(folder.config("prior")) : null;
    projection = UnClipTextProjection.Config.of(folder.config("text_proj"));
    decoder = UNetConditionConfig.of(folder.config("decoder"));
    superResolution = UNet2DConfig.of(folder.config("super_res_first"));
    try {
      for (String name : new String[] {"text_encoder", "image_encoder", "prior", "text_proj", "decoder", "super_res_first", "super_res_last"}) {
        if (folder.has(name)) {
          weights.put(name, folder.weights(name));
        }
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Whether it can turn a text into an image embedding; otherwise it varies pictures. */
  public boolean readsTexts() {
    return prior != null;
  }

  /** Side of the pictures that {@link #embed} reads. */
  public int encoderSide() {
    return vision.imageSize();
  }

  /** Texts as the networks are told of them, rows of the negative half first. */
  private record Texts(Tensor embeddings, Tensor states, int[] lengths) {}

  /**
   * Pictures of texts.
   *
   * @param noise draws for the prior, the decoder and the enlargement, in this order, for each the start and then its steps
   * @return (N, 3, H, W) in [0, 1], those of one prompt together
   * @throws java.util.concurrent.CancellationException if the listener stops the run, or the thread is interrupted
   */
  public Tensor generate(UnClipRequest request, NoiseSource noise, ReverseProcess.StepListener listener) {
    return decode(request, priorEmbeddings(request, noise, listener), noise, listener);
  }

  /**
   * Image embeddings of texts, by the prior.
   *
   * @return (N, E)
   */
  public Tensor priorEmbeddings(UnClipRequest request, NoiseSource noise, ReverseProcess.StepListener listener) {
    if (prior == null) {
      throw new IllegalArgumentException(folder.root() + " has no prior; give it pictures to vary");
    }
    return backend.call(() -> prior(request, encode(request), noise, listener));
  }

  /**
   * Pictures of image embeddings, (N, E), or of fewer rows, each then used for as many pictures in turn; the request's texts are told to
   * the decoder.
   */
  public Tensor decode(UnClipRequest request, Tensor embeddings, NoiseSource noise, ReverseProcess.StepListener listener) {
    return backend.call(() -> {
      Tensor all = Tensor.allocate(DType.F32, embeddings.shape().with(0, request.samples()));
      Rows.write(embeddings, all, 0, request.samples());
      Tensor small = decoder(request, encode(request), all, noise, listener);
      return unit(superResolution(request, small, noise, listener));
    });
  }

  /**
   * Embedding of a picture by the folder's encoder.
   *
   * @param pixels (3, S, S), normalised as {@link dev.langevin.image.ClipPreprocessing} does
   * @return (1, E)
   */
  public Tensor embed(Tensor pixels) {
    if (vision == null) {
      throw new IllegalArgumentException(folder.root() + " has no image_encoder; name a folder of the variation pipeline");
    }
    return backend.call(() -> {
      try (ImageEncoder encoder = new ImageEncoder(backend, vision, weights.get("image_encoder"))) {
        return encoder.encode(pixels);
      }
    });
  }

  /**
   * The point at {@code part} of the way from one embedding to another, on the arc between their directions, its length between theirs.
   *
   * @param from (1, E), as {@code to}
   */
  public static Tensor between(Tensor from, Tensor to, double part) {
    return Arc.between(from, to, part);
  }

  /**
   * An image embedding turned towards what one text says and another does not (arXiv:2204.06125, section 3.3).
   *
   * @param embedding (1, E)
   * @param part of the way, 0 to 1; the paper uses 0.25 to 0.5
   */
  public Tensor towards(Tensor embedding, String without, String with, double part) {
    Tensor texts = embed(List.of(without, with));
    return Arc.between(embedding, Arc.difference(texts.row(0), texts.row(1), embedding), part);
  }

  /**
   * Embeddings of texts, which lie close to those of the pictures that they describe.
   *
   * @return (N, E)
   */
  public Tensor embed(List<String> texts) {
    return backend.call(() -> encode(texts).embeddings);
  }

  /**
   * Memory that the networks take, by their components' names, of which one is there at a time.
   *
   * @return the most of them, and {@link #BESIDE_BYTES}, is what a request takes
   */
  public SequencedMap<String, PlanSize> sizes(UnClipRequest request) {
    SequencedMap<String, PlanSize> sizes = new LinkedHashMap<>();
    graphs(request).forEach((name, graph) -> sizes.put(name, planner.size(graph, preferred())));
    return sizes;
  }

  private SequencedMap<String, Graph> graphs(UnClipRequest request) {
    int rows = request.guided() ? 2 * request.samples() : request.samples();
    int small = decoder.sampleSize();
    int side = superResolution.sampleSize();
    int tokens = projection.extra() + tokenizer.length();
    SequencedMap<String, Graph> graphs = new LinkedHashMap<>();
    if (prior != null) {
      graphs.put("prior", PriorTransformer.graph(prior, rows, true));
    }
    graphs.put("text_proj", UnClipTextProjection.graph(projection, rows - request.samples(), request.samples(), tokenizer.length()));
    graphs.put("decoder", UNet2DCondition.graph(decoder, rows, small, small, tokens, 0, 0, false));
    graphs.put("super_res_first", UNet2D.graph(superResolution, request.samples(), side, side));
    graphs.put("super_res_last", UNet2D.graph(UNet2DConfig.of(folder.config("super_res_last")), request.samples(), side, side));
    return graphs;
  }

  private long preferred() {
    return Math.min(maxBytes, LatentDiffusion.COMFORTABLE);
  }

  private Plan plan(String network, UnClipRequest request) {
    Graph graph = graphs(request).get(network);
    PlanSize size = planner.size(graph, preferred());
    if (size.bytes() > maxBytes) {
      throw new MemoryLimitException(network + " takes " + size + ", the limit is " + maxBytes + "; ask for fewer pictures at a time");
    }
    return planner.replace(null, graph, weights.get(network), preferred());
  }

  private Texts encode(UnClipRequest request) {
    List<String> all = new ArrayList<>();
    if (request.guided()) {
      all.addAll(Collections.nCopies(request.samples(), ""));
    }
    for (String prompt : request.prompts()) {
      all.addAll(Collections.nCopies(request.count(), prompt));
    }
    return encode(all);
  }

  private Texts encode(List<String> all) {
    int length = tokenizer.length();
    Tensor embeddings = Tensor.allocate(DType.F32, Shape.of(all.size(), text.projection()));
    Tensor states = Tensor.allocate(DType.F32, Shape.of(all.size(), length, text.width()));
    int[] lengths = new int[all.size()];
    ModelWeights source = weights.get("text_encoder");
    String prefix = source.has("text_model.final_layer_norm.weight") ? "text_model." : "";
    try (TextEncoder encoder = new TextEncoder(backend, tokenizer, text, source, null, prefix, false)) {
      TextEncoder.Encoded encoded = null;
      for (int n = 0; n < all.size(); n++) {
        TokenIds tokens = tokenizer.tokenize(all.get(n));
        encoded = n > 0 && all.get(n).equals(all.get(n - 1)) ? encoded : encoder.encode(tokens.ids(), 0);
        embeddings.row(n).data().copyFrom(MemorySegment.ofArray(encoded.pooled()));
        states.row(n).data().copyFrom(MemorySegment.ofArray(encoded.states()));
        lengths[n] = tokens.length();
      }
    }
    return new Texts(embeddings, states, lengths);
  }

  private Trajectory trajectory(String component, int steps) {
    Scheduler scheduler = Schedulers.fromConfig(folder.schedulerConfig(component));
    return scheduler.trajectory(TrajectoryOptions.steps(steps));
  }

  private Tensor prior(UnClipRequest request, Texts texts, NoiseSource noise, ReverseProcess.StepListener listener) {
    int samples = request.samples();
    ModelWeights source = weights.get("prior");
    try (Plan plan = plan("prior", request)) {
      plan.input("proj_embedding").data().copyFrom(texts.embeddings.data());
      plan.input("encoder_hidden_states").data().copyFrom(texts.states.data());
      TextMask.write(plan.input("attention_bias"), texts.lengths, 0, tokenizer.length());
      plan.prepare();
      Denoiser network = new PlanDenoiser(plan, "hidden_states");
      float[] sampled = sample(trajectory("prior_scheduler", request.priorSteps()), network, samples, request.guided(),
          request.priorGuidance(), noise, listener).toFloats();
      float[] deviation = source.tensor("clip_std").toFloats();
      float[] mean = source.tensor("clip_mean").toFloats();
      for (int i = 0; i < sampled.length; i++) {
        sampled[i] = sampled[i] * deviation[i % deviation.length] + mean[i % mean.length];
      }
      return Tensor.ofFloats(sampled, samples, prior.imageWidth());
    }
  }

  private Tensor sample(Trajectory trajectory, Denoiser network, int samples, boolean guided, double guidance, NoiseSource noise,
      ReverseProcess.StepListener listener) {
    try (ReverseProcess process = guided
        ? new ReverseProcess(trajectory, network, backend, samples, guidance) : new ReverseProcess(trajectory, network, backend)) {
      return process.sample(noise, listener);
    }
  }

  private Tensor decoder(UnClipRequest request, Texts texts, Tensor embeddings, NoiseSource noise, ReverseProcess.StepListener listener) {
    Tensor context;
    Tensor time;
    try (Plan plan = plan("text_proj", request)) {
      plan.input("image_embeddings").data().copyFrom(embeddings.data());
      plan.input("prompt_embeds").data().copyFrom(texts.embeddings.data());
      plan.input("text_encoder_hidden_states").data().copyFrom(texts.states.data());
      plan.prepare();
      plan.run();
      context = Tensor.ofFloats(plan.output("context").toFloats(), plan.output("context").shape().dims());
      time = Tensor.ofFloats(plan.output("time").toFloats(), plan.output("time").shape().dims());
    }
    try (Plan plan = plan("decoder", request)) {
      plan.input("encoder_hidden_states").data().copyFrom(context.data());
      plan.input("class_labels").data().copyFrom(time.data());
      TextMask.write(plan.input("attention_bias"), texts.lengths, projection.extra(), tokenizer.length());
      plan.prepare();
      Tensor small = sample(trajectory("decoder_scheduler", request.decoderSteps()), new PlanDenoiser(plan, "sample"), request.samples(),
          request.guided(), request.decoderGuidance(), noise, listener);
      for (long i = 0; i < small.shape().elements(); i++) {
        small.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, Math.clamp(small.data().getAtIndex(ValueLayout.JAVA_FLOAT, i), -1, 1));
      }
      return small;
    }
  }

  private Tensor superResolution(UnClipRequest request, Tensor small, NoiseSource noise, ReverseProcess.StepListener listener) {
    int side = superResolution.sampleSize();
    Tensor large = Enlargement.bicubic(small, side, side);
    try (EnlargingDenoiser network = new EnlargingDenoiser(
        backend.memory(), plan("super_res_first", request), () -> plan("super_res_last", request), request.superResolutionSteps() - 1, large)) {
      return sample(trajectory("super_res_scheduler", request.superResolutionSteps()), network, request.samples(), false, 1, noise, listener);
    }
  }

  /** [-1, 1] to [0, 1], and what lies outside to its end. */
  private static Tensor unit(Tensor pictures) {
    float[] values = pictures.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.clamp(values[i] * 0.5f + 0.5f, 0, 1);
    }
    return Tensor.ofFloats(values, pictures.shape().dims());
  }

  @Override
  public void close() {
    weights.values().forEach(ModelWeights::close);
    backend.close();
  }
}
