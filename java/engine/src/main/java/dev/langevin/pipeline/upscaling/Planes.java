package dev.langevin.pipeline.upscaling;

import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;

/** Pictures of channels one behind another, as diffusion's have them. */
public final class Planes {

  private Planes() {}

  /**
   * Enlarges one.
   *
   * @param picture (3, H, W), about [0, 1]
   * @return (3, scale H, scale W), not limited
   */
  public static Tensor enlarge(UpscalingNetwork network, Tensor picture, Tiles tiles, LatentCodec.Passes passes) {
    Shape shape = picture.shape();
    int height = shape.intDim(1);
    int width = shape.intDim(2);
    int scale = network.model().scale();
    float[] from = picture.toFloats();
    float[] to = new float[3 * height * scale * width * scale];
    network.enlarge(width, height, (left, top, w, h, target) -> {
      for (int i = 0; i < 3 * w * h; i++) {
        target[i] = from[(i % 3 * height + top + i / 3 / w) * width + left + i / 3 % w];
      }
    }, (y, values, offset) -> {
      for (int i = 0; i < 3 * width * scale; i++) {
        to[(i % 3 * height * scale + y) * width * scale + i / 3] = values[offset + i];
      }
    }, tiles, (done, of) -> {}, passes);
    return Tensor.ofFloats(to, 3, (long) height * scale, (long) width * scale);
  }
}
