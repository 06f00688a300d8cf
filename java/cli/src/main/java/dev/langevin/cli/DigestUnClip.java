package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.RequestPlan;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** unCLIP: in f32, without a cache; of its networks one is in memory at a time in any case. */
final class DigestUnClip implements DigestCases {

  /** Makes a case's pictures. */
  private interface Case {
    Generation make(Pipeline model, NoiseSource noise);
  }

  /** @param request of the same memory, by which the tight limit is found */
  private record Named(String model, GenerationRequest request, Case work) {}

  private final Map<String, Named> cases = new LinkedHashMap<>();

  DigestUnClip() {
    GenerationRequest text = request().prompts(List.of(PROMPT)).count(2).prior(4, 4.0).build();
    GenerationRequest one = request().prior(4, 4.0).build();
    GenerationRequest pictures = request().count(2).build();
    cases.put("unclip text", new Named("karlo", text, (model, noise) -> generate(model, text, noise)));
    cases.put("unclip towards", new Named("karlo", one, (model, noise) -> {
      Embeddings embeddings = model.ability(Embeddings.class).orElseThrow();
      Tensor embedding = embeddings.ofPrior(one, noise, GenerationListener.NONE, new CancellationToken());
      Tensor turned = embeddings.towards(embedding, "a cat", "a dog", 0.4);
      return generate(model, one.toBuilder().imageEmbeddings(turned).build(), noise);
    }));
    GenerationRequest planned = pictures.toBuilder().imageEmbeddings(Tensor.ofFloats(new float[1], 1, 1)).build();
    cases.put("unclip variations", new Named("karlo_variation", planned, (model, noise) -> {
      Embeddings embeddings = model.ability(Embeddings.class).orElseThrow();
      Tensor embedding =
          embeddings.ofPicture(ClipPreprocessing.pixels(DigestCases.picture(WIDTH, HEIGHT), embeddings.side()));
      return generate(model, pictures.toBuilder().imageEmbeddings(embedding).build(), noise);
    }));
  }

  private static GenerationRequest.Builder request() {
    return GenerationRequest.unconditional().steps(4).enlargingSteps(3).guidance(3).seed(SEED);
  }

  private static Generation generate(Pipeline model, GenerationRequest request, NoiseSource noise) {
    return model.generate(request, noise, GenerationListener.NONE, new CancellationToken());
  }

  @Override
  public Set<String> names() {
    return cases.keySet();
  }

  @Override
  public void run(String name, Path reference, Path scratch, Consumer<Digest> rows) {
    Named named = cases.get(name);
    Path folder = reference.resolve("pipelines_unclip/_models").resolve(named.model);
    long tightest;
    try (Pipeline model = Pipelines.open(folder)) {
      RequestPlan plan = model.plan(named.request);
      tightest = new RequestPlan(plan.networks(), plan.stages(), plan.pictures(), true).peakBytes();
    }
    for (boolean tight : new boolean[] {false, true}) {
      LoadOptions.Builder options = LoadOptions.builder();
      try (Pipeline model = Pipelines.open(folder, (tight ? options.maxBytes(tightest) : options).build())) {
        Generation made = named.work.make(model, new TorchGenerator(SEED));
        List<BufferedImage> pictures = IntStream.range(0, made.request().samples()).mapToObj(made::image).toList();
        rows.accept(new Digest(name, Precision.F32, false, tight, Digest.ofNumbers(made.pictures()),
            Digest.ofPictures(pictures, scratch)));
      }
    }
  }
}
