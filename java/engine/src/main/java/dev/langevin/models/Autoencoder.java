package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;

/**
 * The convolutional encoder and decoder of latent diffusion's autoencoders (arXiv:2112.10752, appendix G.1), by
 * diffusers' names. Pictures are (N, H, W, C).
 */
record Autoencoder(AutoencoderConfig config) {

  private static final double EPSILON = 1e-6;

  Value encode(GraphBuilder b, Value x, int outChannels) {
    int last = config.blockChannels().size() - 1;
    x = b.conv2d("encoder.conv_in", x, config.blockChannels().getFirst(), 3, 1, Padding.of(1));
    for (int i = 0; i <= last; i++) {
      String name = "encoder.down_blocks." + i;
      int channels = config.blockChannels().get(i);
      x = resnets(b, name, x, channels, config.layers());
      if (i < last) {
        x = b.conv2d(name + ".downsamplers.0.conv", x, channels, 3, 2, new Padding(0, 0, 1, 1));
      }
    }
    return end(b, "encoder", middle(b, "encoder", x), outChannels);
  }

  Value decode(GraphBuilder b, Value x) {
    int last = config.blockChannels().size() - 1;
    x = b.conv2d("decoder.conv_in", x, config.blockChannels().getLast(), 3, 1, Padding.of(1));
    x = middle(b, "decoder", x);
    for (int i = 0; i <= last; i++) {
      String name = "decoder.up_blocks." + i;
      int channels = config.blockChannels().get(last - i);
      x = resnets(b, name, x, channels, config.layers() + 1);
      if (i < last) {
        x = b.upsampleNearest(name + ".upsamplers.0", x, 2);
        x = b.conv2d(name + ".upsamplers.0.conv", x, channels, 3, 1, Padding.of(1));
      }
    }
    return end(b, "decoder", x, config.outChannels());
  }

  private Value resnets(GraphBuilder b, String name, Value x, int channels, int count) {
    for (int layer = 0; layer < count; layer++) {
      x = resnet().build(b, name + ".resnets." + layer, x, null, channels, Resnet.Resample.NONE);
    }
    return x;
  }

  private Resnet resnet() {
    return new Resnet(config.normGroups(), EPSILON, false, 1);
  }

  private Value middle(GraphBuilder b, String side, Value x) {
    int channels = config.blockChannels().getLast();
    x = resnet().build(b, side + ".mid_block.resnets.0", x, null, channels, Resnet.Resample.NONE);
    if (config.middleAttention()) {
      x = new SpatialAttention(channels, config.normGroups(), EPSILON, 1).build(b, side + ".mid_block.attentions.0", x);
    }
    return resnet().build(b, side + ".mid_block.resnets.1", x, null, channels, Resnet.Resample.NONE);
  }

  private Value end(GraphBuilder b, String side, Value x, int outChannels) {
    x = b.groupNorm(side + ".conv_norm_out", x, config.normGroups(), EPSILON);
    x = b.activate(side + ".conv_act", x, Activation.SILU);
    return b.conv2d(side + ".conv_out", x, outChannels, 3, 1, Padding.of(1));
  }
}
