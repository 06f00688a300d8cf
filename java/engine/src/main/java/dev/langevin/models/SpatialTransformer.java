package dev.langevin.models;

import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;

/**
 * Transformer blocks over the pixels of a picture (arXiv:2112.10752, section 3.3). Weight names are those of diffusers'
 * {@code Transformer2DModel}.
 *
 * @param linear whether the projections in and out are linear layers; else 1x1 convolutions, which is the same on (N,
 *   HW, C) but for the stored shape
 * @param crossOnly whether both attentions of a block read the context
 */
record SpatialTransformer(int heads, int layers, int groups, boolean linear, boolean crossOnly) {

  private static final double GROUP_EPSILON = 1e-6;
  private static final double LAYER_EPSILON = 1e-5;

  /**
   * @param x (N, H, W, C)
   * @param context (N, M, D)
   * @param image beside it, or null
   * @return (N, H, W, C)
   */
  Value build(GraphBuilder b, String name, Value x, Value context, ImageContext image) {
    long[] dims = x.shape().dims();
    Value h = b.groupNorm(name + ".norm", x, groups, GROUP_EPSILON);
    h = project(b, name + ".proj_in", h);
    h = b.reshape(name, h, dims[0], dims[1] * dims[2], dims[3]); // (N, HW, C)
    for (int layer = 0; layer < layers; layer++) {
      h = new TransformerBlock(heads, LAYER_EPSILON, crossOnly).build(b, name + ".transformer_blocks." + layer, h,
          context, image);
    }
    h = project(b, name + ".proj_out", b.reshape(name, h, dims));
    return b.add(name, h, x);
  }

  private Value project(GraphBuilder b, String name, Value x) {
    int channels = x.shape().intDim(3);
    return linear ? b.linear(name, x, channels, true) : b.conv2d(name, x, channels, 1, 1, Padding.of(0));
  }
}
