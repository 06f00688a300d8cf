package dev.langevin.models;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.Map;

/**
 * Real-ESRGAN's compact network in the manner of VGG (arXiv:2107.10833, SRVGGNetCompact): plain layers at the picture's
 * size, each with its slopes, whose last one's channels are spread to pixels and added to the picture.
 *
 * @param features channels between layers
 * @param layers number of layers with slopes
 * @param scale of the result
 */
public record CompactUpscaler(int features, int layers, int scale) implements UpscalingModel {

  private static final int MOST_SCALE = 8;

  /**
   * Reads the configuration off the weights' shapes.
   *
   * @throws dev.langevin.graph.GraphException if a weight that tells it is missing or tells of something else
   */
  public static CompactUpscaler of(Map<String, Shape> weights) {
    int layers = 0;
    while (weights.containsKey("body." + (2 * layers + 2) + ".weight")) {
      layers++;
    }
    String last = "body." + 2 * layers + ".weight";
    UpscalingModel.side("body.0", UpscalingModel.extent(weights, "body.0.weight", 1), 1);
    return new CompactUpscaler(UpscalingModel.extent(weights, "body.0.weight", 0), layers,
        UpscalingModel.side(last, UpscalingModel.extent(weights, last, 0), MOST_SCALE));
  }

  @Override
  public int multiple() {
    return 1;
  }

  @Override
  public double white() {
    return 1;
  }

  @Override
  public int reach() {
    return layers + 1;
  }

  @Override
  public Graph graph(int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value image = b.input("image", DType.F32, batch, height, width, 3);
    Value x = image;
    for (int i = 0; i < layers; i++) {
      x = b.prelu("body." + (2 * i + 1), b.conv2d("body." + 2 * i, x, features, 3, 1, Padding.of(1)));
    }
    x = b.conv2d("body." + 2 * layers, x, 3 * scale * scale, 3, 1, Padding.of(1));
    b.output("enlarged",
        b.add("sum", b.pixelShuffle("spread", x, scale), b.upsampleNearest("nearest", image, scale)));
    return b.build();
  }
}
