package dev.langevin.pipeline;

import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;

/**
 * What came of a request.
 *
 * @param pictures (N, 3, H, W) f32, about [-1, 1]; null where the request ended before its last step
 * @param latents (N, L, h, w) f32 as the sampler left them
 * @param warnings what was cut from a prompt, and the like
 * @param seconds that each stage took, by its name: text, sample, decode
 */
public record Generation(
    GenerationRequest request, Tensor pictures, Tensor latents, List<String> warnings, Map<String, Double> seconds) {

  public Generation {
    warnings = List.copyOf(warnings);
    seconds = Map.copyOf(seconds);
  }

  /** Picture k as eight-bit colours. */
  public BufferedImage image(int k) {
    return Images.fromSignedUnit(pictures.row(k));
  }

  /** The seed that makes picture k alone. */
  public long seed(int k) {
    return request.seed() + k;
  }
}
