package dev.langevin.request;

import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;

/**
 * What came of a request.
 *
 * @param request as it was understood
 * @param pictures (N, C, H, W) f32 in [0, 1]; null where the request ended before its last step
 * @param tensors what the stages made on the way, by name: {@code latents} (N, L, h, w) as the sampler left them, or
 *   {@code sample} (N, C, H, W) of a model of pixels; {@code image_embeds} (N, E) of unCLIP
 * @param warnings what was cut from a prompt, and the like
 * @param seconds that each stage took, by its name
 */
public record Generation(
    GenerationRequest request, Tensor pictures, Map<String, Tensor> tensors, List<String> warnings,
    Map<String, Double> seconds) {

  /** A copy of the lists and maps. */
  public Generation {
    tensors = Map.copyOf(tensors);
    warnings = List.copyOf(warnings);
    seconds = Map.copyOf(seconds);
  }

  /** Picture k as eight-bit colours. */
  public BufferedImage image(int k) {
    return Images.fromUnit(pictures.row(k));
  }

  /** (N, L, h, w) f32 as the sampler left them; null for a model without latents. */
  public Tensor latents() {
    return tensors.get("latents");
  }

  /** The seed that makes picture k alone. */
  public long seed(int k) {
    return request.seed() + k;
  }
}
