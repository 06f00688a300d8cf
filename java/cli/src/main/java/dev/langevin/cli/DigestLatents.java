package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.image.Images;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest.ControlImage;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.RequestPlan;
import dev.langevin.request.Tiling;
import dev.langevin.plan.PlanException;
import dev.langevin.plan.WeightCache;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Stable Diffusion and what is built alike. */
final class DigestLatents implements DigestCases {

  /** Makes a case's pictures with models that the runner opens. */
  private interface Case {
    Generation make(Path reference, Runner runner) throws IOException;
  }

  private static final String SD1 = "pipelines_sd/_models/sd1";

  private final Map<String, Case> cases = new LinkedHashMap<>();

  DigestLatents() {
    BufferedImage picture = DigestCases.picture(WIDTH, HEIGHT);
    Tensor mask = DigestCases.mask(WIDTH, HEIGHT);
    ControlImage control = new ControlImage(Images.toUnit(picture), 0.8, 0, 1, false);
    ControlImage early = new ControlImage(Images.toUnit(picture), 0.5, 0, 0.7, true);
    add("text", SD1, sized().prompts(List.of("a (red:1.3) house", PROMPT)));
    add("text rescaled", SD1, sized().guidanceRescale(0.7).sampler("ddim"));
    add("text tiles", SD1, sized().tiling(new Tiling(4, 0.25)));
    add("text consistency", "pipelines_sd/_models/lcm", sized());
    add("picture", SD1, request().image(picture).strength(0.7).sampler("euler_a"));
    add("inpainting 4", SD1, request().image(picture).mask(mask).sampler("euler"));
    add("inpainting 9", SD1 + "_inpaint", request().image(picture).mask(mask).strength(0.9).sampler("ddim"));
    add("control", "pipelines_sd/_models/controlnet", sized().controls(List.of(control)));
    add("control two", "pipelines_sd/_models/controlnet_two", sized().controls(List.of(control, early)));
    cases.put("ip-adapter", (reference, runner) -> {
      Path adapters = reference.resolve("pipelines_adapters");
      return runner.make(adapters.resolve("_models/sd1_image_encoder"),
          options().ipAdapter(adapters.resolve("ip_adapter_scale_1/ip-adapter.safetensors"), null),
          sized().imagePrompt(picture, 0.8).build());
    });
    cases.put("xl refiner", (reference, runner) -> {
      Generation base = runner.make(reference.resolve("pipelines_sdxl/_models/base"), options(),
          sized().denoisingEnd(0.5).build());
      return runner.make(reference.resolve("pipelines_sdxl/_models/refiner"), options(),
          request().denoisingStart(0.5, base.latents()).build());
    });
    add("upscale x4", "pipelines_sd/_models/upscale", request().image(DigestCases.picture(16, 12)));
    cases.put("text emoji", (reference, runner) -> runner.make(EmbeddedModel.EMOJI.unpack(), options(),
        request().guidance(EmbeddedModel.EMOJI_GUIDANCE).build()));
  }

  private static GenerationRequest.Builder request() {
    return GenerationRequest.prompt(PROMPT).negativePrompt("blurry").guidance(5).steps(4).seed(SEED);
  }

  private static GenerationRequest.Builder sized() {
    return request().size(WIDTH, HEIGHT);
  }

  private static LoadOptions.Builder options() {
    return LoadOptions.builder();
  }

  private void add(String name, String model, GenerationRequest.Builder request) {
    GenerationRequest built = request.build();
    cases.put(name, (reference, runner) -> runner.make(reference.resolve(model), options(), built));
  }

  @Override
  public Set<String> names() {
    return cases.keySet();
  }

  @Override
  public void run(String name, Path reference, Path scratch, Consumer<Digest> rows) throws IOException {
    for (Precision precision : List.of(Precision.F32, Precision.BF16, Precision.INT8)) {
      try {
        run(name, precision, reference, scratch, rows);
      } catch (PlanException e) { // bf16 on processors that know no such numbers
        rows.accept(new Digest(name, precision, false, false, Digest.UNSUPPORTED, Digest.UNSUPPORTED));
      }
    }
  }

  private void run(String name, Precision precision, Path reference, Path scratch, Consumer<Digest> rows)
      throws IOException {
    Case work = cases.get(name);
    Map<Path, Long> limits = new HashMap<>();
    for (boolean tight : new boolean[] {false, true}) {
      Generation made = work.make(reference, new Runner(precision, null, tight, limits));
      rows.accept(digest(name, made, precision, false, tight, scratch));
      WeightCache cache = cache(Files.createTempDirectory(scratch, "weights"));
      Runner runner = new Runner(precision, cache, tight, limits);
      work.make(reference, runner); // fills the cache
      if (cache.bytes() == 0) {
        throw new IllegalStateException(name + ": the weight cache kept nothing that a second run could read");
      }
      rows.accept(digest(name, work.make(reference, runner), precision, true, tight, scratch));
      cache.clear();
    }
  }

  /** Keeps the weights of tiny models too, and fails where it would usually warn and go on without. */
  private static WeightCache cache(Path folder) {
    return new WeightCache(folder, Long.MAX_VALUE, 0, warning -> {
      throw new IllegalStateException(warning);
    });
  }

  private static Digest digest(
      String name, Generation made, Precision precision, boolean cached, boolean tight, Path scratch) {
    List<BufferedImage> pictures = new ArrayList<>();
    for (int k = 0; k < made.request().samples(); k++) {
      pictures.add(made.image(k));
    }
    return new Digest(
        name, precision, cached, tight, Digest.ofNumbers(made.latents()), Digest.ofPictures(pictures, scratch));
  }

  /**
   * Opens a model, makes one request, closes it.
   *
   * @param limits the tight limit of each model, found once: sizing a request costs as much as planning it
   */
  private record Runner(Precision precision, WeightCache cache, boolean tight, Map<Path, Long> limits) {

    Generation make(Path model, LoadOptions.Builder options, GenerationRequest request) {
      options.precision(precision).weightCache(cache);
      if (tight) {
        options.maxBytes(limits.computeIfAbsent(model, path -> limit(path, options, request)));
      }
      try (Pipeline opened = Pipelines.open(model, options.build())) {
        return opened.generate(request);
      }
    }

    /** What the request takes when its networks are held in turn, and no more: all together they do not fit. */
    private static long limit(Path model, LoadOptions.Builder options, GenerationRequest request) {
      long bytes;
      try (Pipeline opened = Pipelines.open(model, options.build())) {
        RequestPlan plan = opened.plan(request);
        bytes = new RequestPlan(plan.networks(), plan.stages(), plan.pictures(), true).peakBytes();
      }
      try (Pipeline opened = Pipelines.open(model, options.maxBytes(bytes).build())) {
        if (!opened.plan(request).inTurn()) {
          throw new IllegalStateException(
              model + ": all networks fit in " + bytes + " bytes at a time, so that they would not be held in turn");
        }
      }
      return bytes;
    }
  }
}
