package dev.langevin.models;

import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import java.util.List;

/**
 * Self-attention over the pixels of a picture with a residual (arXiv:2006.11239, appendix B). Weight names are those of
 * diffusers' {@code Attention}.
 *
 * @param headDim channels a head
 * @param groups groups of the norm before it, or null for none
 * @param outputScale the sum is divided by this
 */
record SpatialAttention(int headDim, Integer groups, double epsilon, double outputScale) {

  /** {@code x} is (N, H, W, C), and so is the result. */
  Value build(GraphBuilder b, String name, Value x) {
    long batch = x.shape().dim(0);
    long pixels = x.shape().dim(1) * x.shape().dim(2);
    int channels = x.shape().intDim(3);
    int heads = channels / headDim;
    Value h = groups == null ? x : b.groupNorm(name + ".group_norm", x, groups, epsilon);
    h = b.reshape(name, h, batch, pixels, channels); // (N, HW, C)
    List<String> qkv = List.of(name + ".to_q", name + ".to_k", name + ".to_v");
    h = b.linear(name + ".to_qkv", qkv, h, heads * headDim, true); // (N, HW, 3C)
    h = b.attention(name + ".attention", h, heads); // (N, HW, C)
    h = b.linear(name + ".to_out.0", h, channels, true);
    h = b.add(name, h, b.reshape(name, x, batch, pixels, channels));
    h = outputScale == 1 ? h : b.affine(name, h, 1 / outputScale, 0);
    return b.reshape(name, h, x.shape().dims());
  }
}
