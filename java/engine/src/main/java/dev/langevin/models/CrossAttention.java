package dev.langevin.models;

import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import java.util.List;

/**
 * Multi-head attention of tokens over themselves or over a context (arXiv:1706.03762, section 3.2). Weight names are
 * those of diffusers' {@code Attention}.
 *
 * @param bias whether the projections to queries, keys and values have one; the projection out always has
 */
record CrossAttention(int heads, boolean bias) {

  /**
   * Self-attention.
   *
   * @param x (N, L, C)
   * @param bias (N, L) added to every score of a token, or null
   */
  Value build(GraphBuilder b, String name, Value x, boolean causal, Value bias) {
    int channels = x.shape().intDim(2);
    List<String> qkv = List.of(name + ".to_q", name + ".to_k", name + ".to_v");
    Value mixed = b.selfAttention(name + ".attention", b.linear(name + ".to_qkv", qkv, x, channels, this.bias), heads,
        causal, bias);
    return b.linear(name + ".to_out.0", mixed, channels, true);
  }

  /**
   * @param x (N, L, C)
   * @param context (N, M, D), or null for self-attention
   * @param image beside the context, or null
   * @return (N, L, C)
   */
  Value build(GraphBuilder b, String name, Value x, Value context, ImageContext image) {
    int channels = x.shape().intDim(2);
    if (context == null) {
      return build(b, name, x, false, null);
    }
    Value q = b.linear(name + ".to_q", x, channels, bias);
    Value kv = b.linear(name + ".to_kv", List.of(name + ".to_k", name + ".to_v"), context, channels, bias);
    Value mixed = b.attention(name + ".attention", q, kv, heads);
    if (image != null) {
      String prefix = image.prefix(name);
      Value shown = b.linear(name + ".to_kv_ip", List.of(prefix + ".to_k_ip", prefix + ".to_v_ip"), image.tokens,
          channels, false);
      shown = b.affine(name + ".scaled_ip", b.attention(name + ".attention_ip", q, shown, heads), image.scale, 0);
      mixed = b.add(name + ".with_ip", mixed, shown);
    }
    return b.linear(name + ".to_out.0", mixed, channels, true);
  }
}
