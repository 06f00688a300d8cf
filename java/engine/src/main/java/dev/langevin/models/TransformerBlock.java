package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;

/**
 * Self-attention, cross-attention and a gated feed-forward network, each after a layer norm and with a residual
 * (arXiv:2112.10752, appendix E.2.1). Weight names are those of diffusers' {@code BasicTransformerBlock}.
 *
 * @param crossOnly whether the first attention reads the context too
 */
record TransformerBlock(int heads, double epsilon, boolean crossOnly) {

  /**
   * @param x (N, L, C)
   * @param context (N, M, D)
   * @param image beside it, or null
   * @return (N, L, C)
   */
  Value build(GraphBuilder b, String name, Value x, Value context, ImageContext image) {
    CrossAttention attention = new CrossAttention(heads, false);
    Value h =
        attention.build(b, name + ".attn1", b.layerNorm(name + ".norm1", x, epsilon), crossOnly ? context : null, null);
    x = b.add(name + ".attn1", h, x);
    h = attention.build(b, name + ".attn2", b.layerNorm(name + ".norm2", x, epsilon), context, image);
    x = b.add(name + ".attn2", h, x);
    FeedForward feedForward = new FeedForward(true, Activation.GELU, 4 * x.shape().intDim(2));
    h = feedForward.build(b, name + ".ff", b.layerNorm(name + ".norm3", x, epsilon));
    return b.add(name, h, x);
  }
}
