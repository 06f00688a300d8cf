package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.image.Images;
import dev.langevin.pipeline.UnClip;
import dev.langevin.pipeline.UnClipRequest;
import dev.langevin.plan.PlanSize;
import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** unCLIP: in f32, without a cache; of its networks one is in memory at a time in any case. */
final class DigestUnClip implements DigestCases {

  private static final ReverseProcess.StepListener GO_ON = (done, calls, x, x0) -> true;

  /** Makes a case's pictures, (N, 3, H, W) in [0, 1]. */
  private interface Case {
    Tensor make(UnClip model, NoiseSource noise);
  }

  private record Named(String model, UnClipRequest request, Case work) {}

  private final Map<String, Named> cases = new LinkedHashMap<>();

  DigestUnClip() {
    UnClipRequest text = new UnClipRequest(List.of(PROMPT), 2, 4, 4, 3, 4, 3);
    UnClipRequest one = new UnClipRequest(List.of(""), 1, 4, 4, 3, 4, 3);
    UnClipRequest pictures = new UnClipRequest(List.of(""), 2, 4, 4, 3, 1, 3); // no prior, which has no guidance then
    cases.put("unclip text", new Named("karlo", text, (model, noise) -> model.generate(text, noise, GO_ON)));
    cases.put("unclip towards", new Named("karlo", one, (model, noise) -> {
      Tensor embedding = model.priorEmbeddings(one, noise, GO_ON);
      return model.decode(one, model.towards(embedding, "a cat", "a dog", 0.4), noise, GO_ON);
    }));
    cases.put("unclip variations", new Named("karlo_variation", pictures, (model, noise) -> {
      Tensor embedding = model.embed(ClipPreprocessing.pixels(DigestCases.picture(WIDTH, HEIGHT), model.encoderSide()));
      return model.decode(pictures, embedding, noise, GO_ON);
    }));
  }

  @Override
  public Set<String> names() {
    return cases.keySet();
  }

  @Override
  public void run(String name, Path reference, Path scratch, Consumer<Digest> rows) {
    Named named = cases.get(name);
    Path folder = reference.resolve("pipelines_unclip/_models").resolve(named.model);
    Backend backend = Backend.named("onednn");
    long largest;
    try (UnClip model = UnClip.load(folder, backend)) {
      largest = model.sizes(named.request).values().stream().mapToLong(PlanSize::bytes).max().orElseThrow();
    }
    for (boolean tight : new boolean[] {false, true}) {
      try (UnClip model = UnClip.load(folder, backend, tight ? largest : Long.MAX_VALUE)) {
        Tensor made = named.work.make(model, new TorchGenerator(SEED));
        rows.accept(new Digest(name, Precision.F32, false, tight, Digest.ofNumbers(made),
            Digest.ofPictures(Images.allFromUnit(made), scratch)));
      }
    }
  }
}
