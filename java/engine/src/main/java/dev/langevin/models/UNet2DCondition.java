package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;

/**
 * The U-Net of latent diffusion with a text context (arXiv:2112.10752; SDXL: arXiv:2307.01952), by the names of
 * diffusers' {@code UNet2DConditionModel}.
 *
 * <p>
 * Inputs: {@code sample} (N, C, H, W), {@code timestep} (N), {@code encoder_hidden_states} (N, M, D); by configuration
 * {@code class_labels}, {@code timestep_cond}, {@code text_embeds} and {@code time_ids}, and {@code attention_bias} (N,
 * M), which is added to the scores of the context's tokens. With control, {@code down_residual.0} and so on and
 * {@code mid_residual}, each (N, C, H, W) of its place, as a {@link ControlNet} gives them. Output: {@code out} (N, C',
 * H, W). All f32, but labels of a class table i64. All inputs but the sample, the timestep and the residuals are
 * steady: keys and values of the context are computed once a prompt.
 */
public final class UNet2DCondition {

  private UNet2DCondition() {}

  /**
   * The network for a batch of one size.
   *
   * @param tokens M, of the context
   * @param timeIds sizes that go with a picture where the configuration says {@code text_time}: 6, or 5 of a refiner
   * @param extra how many of the input's last channels come apart, as {@code sample_extra}: the mask and the masked
   *   picture of inpainting, the small picture of an upscaler
   * @param controlled whether it takes a control network's residuals
   * @throws dev.langevin.graph.GraphException if the configuration or the size makes no network, naming the layer
   */
  public static Graph graph(
      UNetConditionConfig config, int batch, int height, int width, int tokens, int timeIds, int extra,
      boolean controlled) {
    return graph(config, batch, height, width, tokens, timeIds, extra, controlled, null);
  }

  /** As the other, for a picture as a prompt too: {@code image_embeds} (N, E) is a steady input. */
  public static Graph graph(
      UNetConditionConfig config, int batch, int height, int width, int tokens, int timeIds, int extra,
      boolean controlled,
      IpAdapterConfig adapter) {
    GraphBuilder b = new GraphBuilder();
    ConditionalEncoder encoder =
        new ConditionalEncoder(config, b, batch, height, width, tokens, timeIds, extra, adapter);
    Value x = encoder.middle(encoder.down(encoder.begin()));
    if (controlled) {
      x = addResiduals(b, encoder, x);
    }
    for (int i = 0; i < config.upBlocks().size(); i++) {
      x = up(b, encoder, i, x);
    }
    x = b.groupNorm("conv_norm_out", x, config.normGroups(), config.normEpsilon());
    x = b.activate("conv_act", x, Activation.SILU);
    int kernel = config.convOutKernel();
    x = b.conv2d("conv_out", x, config.outChannels(), kernel, 1, Padding.of((kernel - 1) / 2));
    b.output("out", b.toChannelsFirst("out", x));
    return b.build();
  }

  private static Value addResiduals(GraphBuilder b, ConditionalEncoder encoder, Value middle) {
    int count = encoder.skips.size();
    for (int i = 0; i < count; i++) { // from the first pushed, which is the last of the deque
      Value skip = encoder.skips.removeLast();
      encoder.skips.push(b.add("controlled." + i, skip, residual(b, "down_residual." + i, skip)));
    }
    return b.add("controlled.mid", middle, residual(b, "mid_residual", middle));
  }

  private static Value residual(GraphBuilder b, String name, Value at) {
    long[] d = at.shape().dims(); // (N, H, W, C)
    return b.toChannelsLast(name, b.input(name, DType.F32, d[0], d[3], d[1], d[2]));
  }

  private static Value up(GraphBuilder b, ConditionalEncoder encoder, int i, Value x) {
    UNetConditionConfig config = encoder.config;
    String name = "up_blocks." + i;
    String type = config.upBlocks().get(i);
    int last = config.blockChannels().size() - 1;
    int level = last - i;
    int channels = config.blockChannels().get(level);
    for (int layer = 0; layer <= config.layers().get(level); layer++) {
      x = b.concat(name + ".skip." + layer, x, encoder.skips.pop());
      x = encoder.resnet(1).build(b, name + ".resnets." + layer, x, encoder.time, channels, Resnet.Resample.NONE);
      x = encoder.attend(type, name + ".attentions." + layer, x, level, config.upTransformerLayers().get(i), 1);
    }
    if (i == last) {
      return x;
    }
    if (type.equals("ResnetUpsampleBlock2D") || type.equals("SimpleCrossAttnUpBlock2D")) {
      return encoder.resnet(1).build(b, name + ".upsamplers.0", x, encoder.time, channels, Resnet.Resample.UP);
    }
    Value skip = encoder.skips.peek(); // halving an odd picture rounded up: go back to the size that it had
    x = b.upsampleNearest(name + ".upsamplers.0", x, skip.shape().dim(1), skip.shape().dim(2));
    return b.conv2d(name + ".upsamplers.0.conv", x, channels, 3, 1, Padding.of(1));
  }
}
