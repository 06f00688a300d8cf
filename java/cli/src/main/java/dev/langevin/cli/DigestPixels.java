package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.image.Images;
import dev.langevin.pipeline.UnconditionalDiffusion;
import dev.langevin.pipeline.UnconditionalRequest;
import dev.langevin.tensor.Tensor;
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

  private final Map<String, UnconditionalRequest> cases = new LinkedHashMap<>();

  DigestPixels() {
    cases.put("pixels", new UnconditionalRequest(2, null, 4, null, SEED));
    cases.put("pixels ancestral", new UnconditionalRequest(2, null, 4, "ddpm", SEED));
    cases.put("pixels class", new UnconditionalRequest(2, 3L, 4, null, SEED, 2));
  }

  @Override
  public Set<String> names() {
    return cases.keySet();
  }

  @Override
  public void run(String name, Path reference, Path scratch, Consumer<Digest> rows) throws IOException {
    UnconditionalRequest request = cases.get(name);
    Path folder = request.label() == null ? reference.resolve("unet2d/_models/ddpm") : EmbeddedModel.FASHION.unpack();
    try (UnconditionalDiffusion model = UnconditionalDiffusion.load(folder, Backend.named("onednn"))) {
      Tensor made = model.generate(request, (done, calls, x, x0) -> true);
      List<BufferedImage> pictures = new ArrayList<>();
      for (int k = 0; k < request.count(); k++) {
        pictures.add(Images.fromSignedUnit(made.row(k)));
      }
      rows.accept(new Digest(
          name, Precision.F32, false, false, Digest.ofNumbers(made), Digest.ofPictures(pictures, scratch)));
    }
  }
}
