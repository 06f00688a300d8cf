package dev.langevin.pipeline;

import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** One request on its way through a model: text, start, steps, picture. On the backend's thread, used once. */
final class GenerationRun {

  private final DiffusionModel model;
  private final GenerationRequest request;
  private final NoiseSource noise;
  private final GenerationListener listener;
  private final BooleanSupplier cancelled;
  private final RequestShape shape;
  private final RequestPlan limited;
  private final List<String> warnings = new ArrayList<>();
  private final Map<String, Tensor> inputs = new HashMap<>();
  private final Map<String, Tensor> negativeInputs = new HashMap<>();
  private PromptEncoder.Context context;
  private PromptEncoder.Context negative;

  /** @param limited how the request stays within a limit of memory, or null without one */
  GenerationRun(DiffusionModel model, GenerationRequest request, RequestPlan limited, NoiseSource noise, GenerationListener listener,
      BooleanSupplier cancelled) {
    this.model = model;
    this.request = request;
    this.noise = noise;
    this.listener = listener;
    this.cancelled = cancelled;
    this.limited = limited;
    this.shape = RequestShape.of(model, request);
  }

  Generation run() {
    Map<String, Double> seconds = new LinkedHashMap<>();
    requireGoingOn();
    release(model.diffusion);
    release(model.codec);
    timed(seconds, "text", this::encodePrompts);
    release(model.prompts);
    release(model.imageEncoder);
    requireGoingOn();
    Tensor latents = timed(seconds, "sample", this::sample);
    release(model.diffusion);
    requireGoingOn();
    Tensor pictures = request.denoisingEnd() < 1 ? null : timed(seconds, "decode", () -> decode(latents));
    release(model.codec);
    return new Generation(request, pictures, latents, warnings, seconds);
  }

  /** Frees networks whose part is done, where all do not fit at a time. They are planned anew when they are asked for. */
  private void release(AutoCloseable networks) {
    if (limited != null && limited.inTurn() && networks != null) {
      try {
        networks.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static <T> T timed(Map<String, Double> seconds, String stage, Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    seconds.put(stage, (System.nanoTime() - start) * 1e-9);
    return result;
  }

  private void requireGoingOn() {
    if (cancelled.getAsBoolean() || Thread.currentThread().isInterrupted()) {
      throw new CancellationException("the request was cancelled");
    }
  }

  private Void encodePrompts() {
    List<List<String>> texts = texts(request.prompts(), request.secondPrompt());
    List<String> negatives = request.negativePrompts().isEmpty() ? List.of("") : request.negativePrompts();
    List<List<String>> negativeTexts = texts(negatives, request.secondNegativePrompt());
    context = model.prompts.encode(texts, request.syntax(), request.clipSkip(), shape.chunks(), warnings);
    if (shape.guided()) {
      boolean zeros = request.negativePrompts().isEmpty() && request.secondNegativePrompt() == null && model.zerosWithoutNegative();
      negative = zeros
          ? new PromptEncoder.Context(zeros(context.states()), zeros(context.pooled()))
          : model.prompts.encode(negativeTexts, request.syntax(), 0, shape.chunks(), warnings);
    }
    UNetConditionConfig config = model.config;
    if (config.textTime()) {
      inputs.put("text_embeds", context.pooled());
      inputs.put("time_ids", request.micro().ids(shape.height(), shape.width(), model.scored(), false));
      if (shape.guided()) {
        negativeInputs.put("text_embeds", negative.pooled());
        negativeInputs.put("time_ids", request.micro().ids(shape.height(), shape.width(), model.scored(), true));
      }
    }
    if (config.timeConditionDim() != null) {
      inputs.put("timestep_cond", guidanceEmbedding(shape.guidance() - 1, config.timeConditionDim()));
    }
    if (request.imagePrompt() != null) {
      GenerationRequest.ImagePrompt prompt = request.imagePrompt();
      Tensor embedding = model.imageEncoder.encode(
          prompt.pixels() != null ? prompt.pixels() : ClipPreprocessing.pixels(prompt.picture(), model.imageEncoder.side()));
      inputs.put("image_embeds", embedding);
      negativeInputs.put("image_embeds", zeros(embedding));
    }
    if (model.upscales()) {
      inputs.put("class_labels", Tensor.ofLongs(new long[] {request.noiseLevel()}, 1));
      negativeInputs.put("class_labels", inputs.get("class_labels"));
    }
    return null;
  }

  private static List<List<String>> texts(List<String> prompts, String second) {
    return prompts.stream().map(prompt -> second == null ? List.of(prompt) : List.of(prompt, second)).toList();
  }

  private static Tensor zeros(Tensor like) {
    return Tensor.allocate(DType.F32, like.shape());
  }

  /** The sinusoid of a guidance scale, in single precision as the networks were trained with it (arXiv:2310.04378). */
  private static Tensor guidanceEmbedding(double scale, int width) {
    float[] values = new float[width];
    int half = width / 2;
    for (int i = 0; i < half; i++) {
      float angle = (float) (scale * 1000) * (float) Math.exp((float) i * (float) -(Math.log(10000) / (half - 1)));
      values[i] = (float) Math.sin(angle);
      values[half + i] = (float) Math.cos(angle);
    }
    return Tensor.ofFloats(values, 1, width);
  }

  private Tensor sample() {
    Scheduler scheduler = model.scheduler(request.sampler());
    Trajectory trajectory = scheduler.trajectory(options(startIndex(scheduler)));
    int all = trajectory.timesteps().length;
    int end = request.denoisingEnd() < 1 ? until(scheduler, trajectory, request.denoisingEnd()) : all;
    Tensor start = null;
    Tensor extra = null;
    ReverseProcess.Constraint constraint = null;
    NoiseSource drawn = noise;
    int samples = request.samples();
    if (request.latents() != null) {
      start = request.latents();
    } else if (model.upscales()) {
      extra = noisy();
    } else if (request.mask() != null) {
      boolean seesMask = shape.extra() > 0;
      boolean whole = shape.strength() == 1;
      Tensor image = Inpainting.signed(shape.image());
      Tensor latents = seesMask && whole ? null : encode(image, samples);
      Tensor first = Tensor.allocate(DType.F32, shape.latents());
      noise.fill(first);
      Tensor mask = Inpainting.mask(shape.mask(), shape.latents().intDim(2), shape.latents().intDim(3));
      Tensor masked = encode(Inpainting.masked(image, shape.mask()), samples);
      if (seesMask) {
        extra = Inpainting.stack(mask, masked);
      } else {
        constraint = Inpainting.keep(latents, mask, first, trajectory);
      }
      start = whole ? null : latents;
      drawn = new DrawnBefore(first, noise);
    } else if (request.image() != null) {
      start = encode(Inpainting.signed(shape.image()), samples);
    }
    LatentRun run = new LatentRun(samples, shape.latents().intDim(2), shape.latents().intDim(3), trajectory, shape.guidance(),
        request.guidanceRescale(), context.states(), shape.guided() ? negative.states() : null, inputs, negativeInputs, extra,
        start, request.latents() != null, end,
        request.imagePrompt() == null ? null : model.adapter(request.imagePrompt().scale()), constraint, controls(),
        limited == null ? LatentDiffusion.COMFORTABLE : limited.networks().get(RequestShape.UNET).bytes());
    return model.diffusion.sample(run, drawn, new EventfulListener(samples, this::stepped));
  }

  /** Noise of which the first draw was made before. */
  private static final class DrawnBefore implements NoiseSource {

    private final NoiseSource rest;
    private Tensor first;

    DrawnBefore(Tensor first, NoiseSource rest) {
      this.first = first;
      this.rest = rest;
    }

    @Override
    public void fill(Tensor target) {
      if (first == null) {
        rest.fill(target);
      } else {
        target.data().copyFrom(first.data());
        first = null;
      }
    }
  }

  private Tensor encode(Tensor image, int samples) {
    Tensor latents = model.codec.encode(image, samples, noise, request.tiling());
    release(model.codec);
    return latents;
  }

  private int startIndex(Scheduler scheduler) {
    if (request.denoisingStart() > 0) {
      return until(scheduler, scheduler.trajectory(options(0)), request.denoisingStart());
    }
    if (request.image() == null || model.upscales()) {
      return 0;
    }
    int walked = Math.min((int) (request.steps() * shape.strength()), request.steps());
    if (walked == 0) {
      throw new IllegalArgumentException("a strength of " + shape.strength() + " leaves none of " + request.steps()
          + " steps; use more steps or a higher strength");
    }
    return (request.steps() - walked) * scheduler.callsPerStep();
  }

  /** Index of the first call below that share of the training's noise levels. */
  private static int until(Scheduler scheduler, Trajectory trajectory, double share) {
    int trained = scheduler.trainTimesteps();
    long cutoff = Math.round(trained - share * trained);
    return (int) Arrays.stream(trajectory.timesteps()).filter(t -> t >= cutoff).count();
  }

  private TrajectoryOptions options(int startIndex) {
    Map<String, Object> step = request.eta() == null ? Map.of() : Map.of("eta", request.eta());
    return request.timesteps() == null
        ? new TrajectoryOptions(request.steps(), startIndex, Map.of(), step)
        : new TrajectoryOptions(request.timesteps().length, startIndex, Map.of("timesteps", request.timesteps()), step);
  }

  /** The small picture with the noise of the level that the network is told. */
  private Tensor noisy() {
    Tensor image = Inpainting.signed(request.image());
    Tensor drawn = Tensor.allocate(DType.F32, image.shape().with(0, request.samples()));
    noise.fill(drawn);
    Trajectory.NoiseLevel level = new ForwardProcess(model.lowResolutionScheduler().noiseSchedule().orElseThrow())
        .level(request.noiseLevel());
    float[] picture = image.toFloats();
    float[] values = drawn.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (level.signal() * picture[i % picture.length] + level.noise() * values[i]);
    }
    return Tensor.ofFloats(values, drawn.shape().dims());
  }

  private List<Control> controls() {
    List<Control> controls = new ArrayList<>();
    for (int i = 0; i < model.controls.size(); i++) {
      GenerationRequest.ControlImage control = request.controls().get(i);
      DiffusionModel.ControlNetwork network = model.controls.get(i);
      long[] dims = control.image().shape().dims();
      controls.add(new Control(network.config(), network.weights(), control.image().reshape(1, dims[0], dims[1], dims[2]),
          control.scale(), control.start(), control.end(), control.guess()));
    }
    return controls;
  }

  private boolean stepped(int done, int calls, ReverseProcess.Preview preview) {
    return listener.stepped(done, calls, new LatentPreview(preview)) && !cancelled.getAsBoolean();
  }

  private Tensor decode(Tensor latents) {
    DecodeEvent event = Recorded.begin(DecodeEvent::new);
    Tensor pictures = model.codec.decode(latents, request.tiling());
    if (event != null) {
      Shape decoded = pictures.shape();
      event.samples = decoded.intDim(0);
      event.height = decoded.intDim(2);
      event.width = decoded.intDim(3);
      event.tiled = request.tiling() != null;
      event.commit();
    }
    return pictures;
  }
}
