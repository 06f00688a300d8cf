package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.Map;

/**
 * The residual dense network (arXiv:1802.08797) in the form of UpscalerJS's small models, by their layers' names: dense
 * blocks, their results joined, and three layers at the picture's size whose result is enlarged by repetition and
 * smoothed by the last.
 *
 * @param features channels between blocks
 * @param growth channels that each layer of a block adds
 * @param blocks number of blocks
 * @param layers number of layers of a block
 * @param last channels of the layer before the last two
 * @param scale of the result
 */
public record SlimUpscaler(int features, int growth, int blocks, int layers, int last, int scale)
    implements UpscalingModel {

  private static final int MOST_SCALE = 8;

  /**
   * Reads the configuration off the weights' shapes.
   *
   * @throws dev.langevin.graph.GraphException if a weight that tells it is missing or tells of something else
   */
  public static SlimUpscaler of(Map<String, Shape> weights) {
    int blocks = 0;
    while (weights.containsKey("F_" + (blocks + 1) + "_1.weight")) {
      blocks++;
    }
    int layers = 0;
    while (weights.containsKey("F_1_" + (layers + 1) + ".weight")) {
      layers++;
    }
    UpscalingModel.side("SR", UpscalingModel.extent(weights, "SR.weight", 0), 1);
    return new SlimUpscaler(UpscalingModel.extent(weights, "F_0.weight", 0),
        UpscalingModel.extent(weights, "F_1_1.weight", 0), blocks, layers,
        UpscalingModel.extent(weights, "UPN2.weight", 0),
        UpscalingModel.side("UPN3", UpscalingModel.extent(weights, "UPN3.weight", 0), MOST_SCALE));
  }

  @Override
  public int multiple() {
    return 1;
  }

  @Override
  public double white() {
    return 255;
  }

  @Override
  public int reach() {
    return blocks * layers + 8; // F_m1, F_0, GFF_2, UPN1 (two), UPN2, UPN3 and SR
  }

  @Override
  public Graph graph(int batch, int height, int width) {
    GraphBuilder b = new GraphBuilder();
    Value image = b.input("image", DType.F32, batch, height, width, 3);
    Value first = b.conv2d("F_m1", image, features, 3, 1, Padding.of(1));
    Value x = b.conv2d("F_0", first, features, 3, 1, Padding.of(1));
    Value joined = null;
    for (int block = 1; block <= blocks; block++) {
      Value all = x;
      for (int layer = 1; layer <= layers; layer++) {
        String name = "F_" + block + "_" + layer;
        Value grown = b.activate(name + "_Relu", b.conv2d(name, all, growth, 3, 1, Padding.of(1)), Activation.RELU);
        all = b.concat("RDB_Concat_" + block + "_" + layer, all, grown);
      }
      x = b.add("LRL_" + block, b.conv2d("LFF_" + block, all, features, 1, 1, Padding.of(0)), x);
      joined = joined == null ? x : b.concat("LRLs_Concat_" + block, joined, x);
    }
    x = b.conv2d("GFF_1", joined, features, 1, 1, Padding.of(0));
    x = b.add("FDF", b.conv2d("GFF_2", x, features, 3, 1, Padding.of(1)), first);
    x = b.activate("UPN1_Relu", b.conv2d("UPN1", x, features, 5, 1, Padding.of(2)), Activation.RELU);
    x = b.activate("UPN2_Relu", b.conv2d("UPN2", x, last, 3, 1, Padding.of(1)), Activation.RELU);
    x = b.conv2d("UPN3", x, 3 * scale * scale, 3, 1, Padding.of(1));
    b.output("enlarged", b.conv2d("SR", b.upsampleNearest("UPsample", x, scale), 3, 3, 1, Padding.of(1)));
    return b.build();
  }
}
