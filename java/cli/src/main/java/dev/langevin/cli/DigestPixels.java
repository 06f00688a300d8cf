package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Models of pixels: in f32, without cache and limit. */
final class DigestPixels implements DigestCases {

  private final Map<String, GenerationRequest> cases = new LinkedHashMap<>();

  DigestPixels() {
    cases.put("pixels", request().build());
    cases.put("pixels ancestral", request().sampler("ddpm").build());
    cases.put("pixels class", request().labels(3).guidance(2).build());
  }

  private static GenerationRequest.Builder request() {
    return GenerationRequest.unconditional().count(2).steps(4).seed(SEED);
  }

  @Override
  public Set<String> names() {
    return cases.keySet();
  }

  @Override
  public void run(String name, Path reference, Path scratch, Consumer<Digest> rows) throws IOException {
    GenerationRequest request = cases.get(name);
    Path folder = request.labels() == null ? reference.resolve("unet2d/_models/ddpm") : EmbeddedModel.FASHION.unpack();
    try (Pipeline model = Pipelines.open(folder)) {
      Generation made = model.generate(request);
      List<BufferedImage> pictures = new ArrayList<>();
      for (int k = 0; k < request.count(); k++) {
        pictures.add(made.image(k));
      }
      rows.accept(new Digest(
          name, Precision.F32, false, false, Digest.ofNumbers(made.tensors().get("sample")),
          Digest.ofPictures(pictures, scratch)));
    }
  }
}
