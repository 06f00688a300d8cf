package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * A control network (Zhang et al., arXiv:2302.05543), by the names of diffusers' {@code ControlNetModel}.
 *
 * <p>
 * Inputs: those of the {@link UNet2DCondition}, and {@code controlnet_cond} (N, 3, R H, R W) in [0, 1]. Outputs:
 * {@code down_residual.0} and so on and {@code mid_residual}, each (N, C, H, W) of its place. All f32.
 */
public final class ControlNet {

  private ControlNet() {}

  /**
   * The network for a batch of one size.
   *
   * @param tokens M, of the context
   * @param timeIds as of the {@link UNet2DCondition}
   * @param scales of the residuals, one for all but the middle's and one for that; or one in all
   */
  public static Graph graph(UNetConditionConfig config, int batch, int height, int width, int tokens, int timeIds,
      double... scales) {
    GraphBuilder b = new GraphBuilder();
    ConditionalEncoder encoder = new ConditionalEncoder(config, b, batch, height, width, tokens, timeIds, 0, null);
    int reduction = 1 << config.conditionWidths().size() - 1;
    Value condition = b.steadyInput("controlnet_cond", DType.F32, batch, config.conditionChannels(),
        (long) height * reduction, (long) width * reduction);
    Value x = b.add("controlnet_cond.sum", encoder.begin(), embed(b, config, condition));
    x = encoder.middle(encoder.down(x));
    List<Value> down = new ArrayList<>(encoder.skips).reversed();
    for (int i = 0; i < down.size(); i++) {
      output(b, "controlnet_down_blocks." + i, "down_residual." + i, down.get(i), scales[scales.length == 1 ? 0 : i]);
    }
    output(b, "controlnet_mid_block", "mid_residual", x, scales[scales.length - 1]);
    return b.build();
  }

  /** How many residuals the network gives, the middle's included. */
  public static int residuals(UNetConditionConfig config) {
    int blocks = config.downBlocks().size();
    int layers = config.layers().stream().mapToInt(Integer::intValue).sum();
    return 1 + layers + (blocks - 1) + 1; // the first convolution, the layers, what lies between blocks, the middle
  }

  private static Value embed(GraphBuilder b, UNetConditionConfig config, Value condition) {
    List<Integer> widths = config.conditionWidths();
    String name = "controlnet_cond_embedding.";
    Value x =
        silu(b, b.conv2d(name + "conv_in", b.toChannelsLast("controlnet_cond", condition), widths.getFirst(), 3, 1,
            Padding.of(1)));
    for (int i = 0; i < widths.size() - 1; i++) {
      x = silu(b, b.conv2d(name + "blocks." + 2 * i, x, widths.get(i), 3, 1, Padding.of(1)));
      x = silu(b, b.conv2d(name + "blocks." + (2 * i + 1), x, widths.get(i + 1), 3, 2, Padding.of(1)));
    }
    return b.conv2d(name + "conv_out", x, config.blockChannels().getFirst(), 3, 1, Padding.of(1));
  }

  private static Value silu(GraphBuilder b, Value x) {
    return b.activate(x.name() + ".silu", x, Activation.SILU);
  }

  private static void output(GraphBuilder b, String layer, String name, Value x, double scale) {
    Value residual = b.conv2d(layer, x, x.shape().intDim(3), 1, 1, Padding.of(0));
    residual = scale == 1 ? residual : b.affine(layer + ".scale", residual, scale, 0);
    b.output(name, b.toChannelsFirst(name, residual));
  }
}
