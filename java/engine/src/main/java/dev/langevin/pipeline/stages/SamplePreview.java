package dev.langevin.pipeline.stages;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.StepPreview;
import dev.langevin.image.Images;
import dev.langevin.request.GenerationListener;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rough pictures of latents without the autoencoder: their channels are nearly linear in the colours.
 *
 * @param part what is sampled
 * @param sample read on the backend's thread, between steps
 */
public record SamplePreview(String part, Backend backend, StepPreview sample)
    implements GenerationListener.Preview {

  /**
   * Red, green and blue in [-1, 1] for each of the four channels of Stable Diffusion's latents, fitted by least squares
   * (public knowledge among users of Stable Diffusion 1).
   */
  private static final double[][] COLOURS = {
      {0.298, 0.207, 0.208}, {0.187, 0.286, 0.173}, {-0.158, 0.189, 0.264}, {-0.184, -0.271, -0.473}};

  static final String LATENTS = "latents";

  @Override
  public Tensor latents() {
    return backend.call(sample::x);
  }

  @Override
  public List<BufferedImage> images() {
    Tensor x0 = backend.call(sample::x0);
    Shape shape = x0.shape(); // (N, L, h, w)
    if (shape.rank() != 4) {
      return List.of();
    }
    if (!part.equals(LATENTS)) {
      return IntStream.range(0, shape.intDim(0)).mapToObj(n -> Images.fromSignedUnit(x0.row(n))).toList();
    }
    int width = shape.intDim(3);
    int pixels = shape.intDim(2) * width;
    List<BufferedImage> images = new ArrayList<>();
    for (int n = 0; n < shape.intDim(0); n++) {
      float[] values = x0.row(n).toFloats();
      BufferedImage image = new BufferedImage(width, shape.intDim(2), BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < pixels; i++) {
        int rgb = 0;
        for (int colour = 0; colour < 3; colour++) {
          double sum = 0;
          for (int c = 0; c < Math.min(4, shape.intDim(1)); c++) {
            sum += COLOURS[c][colour] * values[c * pixels + i];
          }
          rgb = rgb << 8 | (int) Math.rint(Math.clamp(sum / 2 + 0.5, 0, 1) * 255);
        }
        image.setRGB(i % width, i / width, rgb);
      }
      images.add(image);
    }
    return images;
  }
}
