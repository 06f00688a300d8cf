package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;

/**
 * A small autoencoder over the latents of a large one (TAESD by Bohan), by the names of diffusers'
 * {@code AutoencoderTiny}.
 */
public final class AutoencoderTiny {

  /** Latents are limited to about [-3, 3] before they are decoded. */
  private static final double LIMIT = 3;

  /** Of the pooled blocks' branch; torch's default epsilon. */
  private static final int POOL_GROUPS = 4;
  private static final int POOL_WIDENING = 4;
  private static final double POOL_EPSILON = 1e-5;

  private final GraphBuilder b = new GraphBuilder();
  private final String side;
  private int layer;

  private AutoencoderTiny(String side) {
    this.side = side;
  }

  /** From {@code image} (N, C, H, W) in [-1, 1] to {@code latents} (N, L, H/R, W/R), all f32. */
  public static Graph encoder(AutoencoderTinyConfig config, int batch, int height, int width) {
    return new AutoencoderTiny("encoder").encode(config, batch, height, width);
  }

  /** From {@code latents} (N, L, H, W) to {@code image} (N, C, R H, R W), about [-1, 1], all f32. */
  public static Graph decoder(AutoencoderTinyConfig config, int batch, int height, int width) {
    return new AutoencoderTiny("decoder").decode(config, batch, height, width);
  }

  private Graph encode(AutoencoderTinyConfig config, int batch, int height, int width) {
    Value image = b.input("image", DType.F32, batch, config.inChannels(), height, width);
    Value x = b.affine("unit", b.toChannelsLast("image", image), 0.5, 0.5);
    for (int i = 0; i < config.encoderBlocks().size(); i++) {
      int channels = config.encoderChannels().get(i);
      x = i == 0
          ? b.conv2d(next(), x, channels, 3, 1, Padding.of(1))
          : b.conv2d(next(), x, channels, 3, 2, Padding.of(1), false);
      x = blocks(x, channels, config.encoderBlocks().get(i), config.pooled() && i == config.encoderBlocks().size() - 1);
    }
    x = b.conv2d(next(), x, config.latentChannels(), 3, 1, Padding.of(1));
    b.output("latents", b.toChannelsFirst("latents", x));
    return b.build();
  }

  private Graph decode(AutoencoderTinyConfig config, int batch, int height, int width) {
    Value latents = b.input("latents", DType.F32, batch, config.latentChannels(), height, width);
    Value x = b.affine("limited.in", b.toChannelsLast("latents", latents), 1 / LIMIT, 0);
    x = b.affine("limited", b.activate("limited.tanh", x, Activation.TANH), LIMIT, 0);
    x = b.conv2d(next(), x, config.decoderChannels().getFirst(), 3, 1, Padding.of(1));
    x = b.activate(next(), x, Activation.RELU);
    int last = config.decoderBlocks().size() - 1;
    for (int i = 0; i <= last; i++) {
      int channels = config.decoderChannels().get(i);
      x = blocks(x, channels, config.decoderBlocks().get(i), config.pooled() && i == 0);
      if (i < last) {
        x = b.upsampleNearest(next(), x, 2);
      }
      x = b.conv2d(next(), x, i < last ? channels : config.outChannels(), 3, 1, Padding.of(1), i == last);
    }
    b.output("image", b.toChannelsFirst("image", b.affine("signed", x, 2, -1)));
    return b.build();
  }

  /** Layers are counted through, those without weights too. */
  private String next() {
    return side + ".layers." + layer++;
  }

  private Value blocks(Value x, int channels, int count, boolean pooled) {
    for (int i = 0; i < count; i++) {
      String name = next();
      if (pooled) {
        x = pool(name, x);
      }
      Value h =
          b.activate(name + ".conv.1", b.conv2d(name + ".conv.0", x, channels, 3, 1, Padding.of(1)), Activation.RELU);
      h = b.activate(name + ".conv.3", b.conv2d(name + ".conv.2", h, channels, 3, 1, Padding.of(1)), Activation.RELU);
      h = b.conv2d(name + ".conv.4", h, channels, 3, 1, Padding.of(1));
      Value skip = x.shape().dim(3) == channels ? x : b.conv2d(name + ".skip", x, channels, 1, 1, Padding.of(0), false);
      x = b.activate(name, b.add(name + ".sum", h, skip), Activation.RELU);
    }
    return x;
  }

  /** Statistics over the whole picture, which stacked 3x3 convolutions at the smallest size do not see. */
  private Value pool(String name, Value x) {
    int channels = x.shape().intDim(3);
    Value h = b.conv2d(name + ".pool.0", x, POOL_WIDENING * channels, 1, 1, Padding.of(0), false);
    h = b.groupNorm(name + ".pool.1", h, POOL_GROUPS, POOL_EPSILON);
    h = b.conv2d(name + ".pool.3", b.activate(name + ".pool.2", h, Activation.RELU), channels, 1, 1, Padding.of(0),
        false);
    return b.add(name + ".pool.sum", x, h);
  }
}
