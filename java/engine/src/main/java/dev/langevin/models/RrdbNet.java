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
 * ESRGAN's generator of residual-in-residual dense blocks (arXiv:1809.00219), by BasicSR's names of its weights;
 * Real-ESRGAN's (arXiv:2107.10833) where pixels are folded into channels first.
 *
 * @param features channels between blocks
 * @param growth channels that each layer of a dense block adds
 * @param blocks number of blocks
 * @param doublings how often the picture is doubled behind them
 * @param fold side of the squares of pixels that become channels before all else
 */
public record RrdbNet(int features, int growth, int blocks, int doublings, int fold) implements UpscalingModel {

  /** Share of a block's branch that is added. */
  private static final double RESIDUAL = 0.2;

  private static final int LAYERS = 5;
  private static final int DENSE = 3;
  private static final int MOST_DOUBLINGS = 3;
  private static final int MOST_FOLD = 4;

  /**
   * Reads the configuration off the weights' shapes.
   *
   * @throws dev.langevin.graph.GraphException if a weight that tells it is missing or tells of something else
   */
  public static RrdbNet of(Map<String, Shape> weights) {
    int blocks = 0;
    while (weights.containsKey("body." + blocks + ".rdb1.conv1.weight")) {
      blocks++;
    }
    int doublings = 0;
    while (doublings < MOST_DOUBLINGS && weights.containsKey("conv_up" + (doublings + 1) + ".weight")) {
      doublings++;
    }
    UpscalingModel.side("conv_last", UpscalingModel.extent(weights, "conv_last.weight", 0), 1);
    return new RrdbNet(UpscalingModel.extent(weights, "conv_first.weight", 0),
        UpscalingModel.extent(weights, "body.0.rdb1.conv1.weight", 0), blocks, doublings,
        UpscalingModel.side("conv_first", UpscalingModel.extent(weights, "conv_first.weight", 1), MOST_FOLD));
  }

  /**
   * Checks that the network makes no picture smaller.
   *
   * @throws IllegalArgumentException if the network folds more than its doublings undo
   */
  public RrdbNet {
    if ((1 << doublings) % fold != 0) {
      throw new IllegalArgumentException(
          "the network doubles " + doublings + " times what it has first folded by " + fold + ", and so makes pictures"
              + " smaller");
    }
  }

  @Override
  public int scale() {
    return (1 << doublings) / fold;
  }

  @Override
  public int multiple() {
    return fold;
  }

  @Override
  public int usualSide() {
    return 192;
  }

  @Override
  public double white() {
    return 1;
  }

  @Override
  public int reach() {
    return fold * (blocks * DENSE * LAYERS + 4); // and the layers before and behind
  }

  @Override
  public Graph graph(int batch, int height, int width) {
    return new Writer().write(batch, height, width);
  }

  private final class Writer {

    private final GraphBuilder b = new GraphBuilder();

    Graph write(int batch, int height, int width) {
      Value x = b.input("image", DType.F32, batch, height, width, 3);
      if (fold > 1) {
        x = b.pixelUnshuffle("folded", x, fold);
      }
      Value first = conv("conv_first", x, features);
      x = first;
      for (int i = 0; i < blocks; i++) {
        Value block = x;
        for (int k = 1; k <= DENSE; k++) {
          block = dense("body." + i + ".rdb" + k, block);
        }
        x = b.add("body." + i, b.affine("body." + i + ".scaled", block, RESIDUAL, 0), x);
      }
      x = b.add("trunk", conv("conv_body", x, features), first);
      for (int i = 1; i <= doublings; i++) {
        x = leaky(conv("conv_up" + i, b.upsampleNearest("doubled." + i, x, 2), features));
      }
      b.output("enlarged", conv("conv_last", leaky(conv("conv_hr", x, features)), 3));
      return b.build();
    }

    private Value dense(String name, Value x) {
      Value all = x;
      for (int i = 1; i < LAYERS; i++) {
        all = b.concat(name + ".joined" + i, all, leaky(conv(name + ".conv" + i, all, growth)));
      }
      Value branch = conv(name + ".conv" + LAYERS, all, features);
      return b.add(name, b.affine(name + ".scaled", branch, RESIDUAL, 0), x);
    }

    private Value conv(String name, Value x, int channels) {
      return b.conv2d(name, x, channels, 3, 1, Padding.of(1));
    }

    private Value leaky(Value x) {
      return b.activate(x.name() + ".leaky", x, Activation.LEAKY_RELU);
    }
  }
}
