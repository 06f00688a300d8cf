package dev.langevin.models;

import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import java.util.List;

/**
 * Attention of a picture over a context and over itself at once, with a residual: the context's keys and values, of
 * projections of their own, stand before the picture's (arXiv:2112.10741, section 3). Weight names are those of
 * diffusers' {@code Attention}.
 *
 * @param crossOnly whether the picture attends to the context alone
 */
record AddedKvAttention(int headDim, int groups, double epsilon, boolean crossOnly, double outputScale) {

  /**
   * @param x (N, H, W, C)
   * @param context (N, M, D)
   * @param bias (N, M) added to the scores of the context's keys, or null
   * @return (N, H, W, C)
   */
  Value build(GraphBuilder b, String name, Value x, Value context, Value bias) {
    int channels = x.shape().intDim(3);
    long batch = x.shape().dim(0);
    long pixels = x.shape().dim(1) * x.shape().dim(2);
    Value h = b.reshape(name, b.groupNorm(name + ".group_norm", x, groups, epsilon), batch, pixels, channels); // (N,
                                                                                                               // HW, C)
    Value q = b.linear(name + ".to_q", h, channels, true);
    Value kv = b.linear(name + ".add_kv", List.of(name + ".add_k_proj", name + ".add_v_proj"), context, channels, true);
    if (!crossOnly) {
      Value own = b.linear(name + ".to_kv", List.of(name + ".to_k", name + ".to_v"), h, channels, true);
      kv = b.append(name + ".kv", kv, own); // (N, M + HW, 2C)
      if (bias != null) {
        bias = b.concat(name + ".bias", bias, b.zeros(name + ".unbiased", batch, pixels));
      }
    }
    h = b.attention(name + ".attention", q, kv, channels / headDim, bias);
    h = b.linear(name + ".to_out.0", h, channels, true);
    h = b.add(name, h, b.reshape(name, x, batch, pixels, channels));
    h = outputScale == 1 ? h : b.affine(name, h, 1 / outputScale, 0);
    return b.reshape(name, h, x.shape().dims());
  }
}
