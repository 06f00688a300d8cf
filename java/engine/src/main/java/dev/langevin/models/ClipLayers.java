package dev.langevin.models;

import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import java.util.List;

/**
 * The transformer of both CLIP encoders (Radford et al., arXiv:2103.00020): norms stand before attention and network.
 */
record ClipLayers(ClipConfig config, boolean causal) {

  /**
   * One layer.
   *
   * @param x (N, L, C)
   * @param bias (N, L) added to every score of a key, or null
   */
  Value build(GraphBuilder b, String name, Value x, Value bias) {
    Value h = b.layerNorm(name + ".layer_norm1", x, config.epsilon());
    String attention = name + ".self_attn";
    List<String> qkv = List.of(attention + ".q_proj", attention + ".k_proj", attention + ".v_proj");
    h = b.linear(attention + ".qkv", qkv, h, config.width(), true);
    h = b.selfAttention(attention, h, config.heads(), causal, bias);
    x = b.add(name + ".attended", b.linear(attention + ".out_proj", h, config.width(), true), x);
    h = b.layerNorm(name + ".layer_norm2", x, config.epsilon());
    h = b.activate(name + ".mlp.act", b.linear(name + ".mlp.fc1", h, config.inner(), true), config.activation());
    return b.add(name, b.linear(name + ".mlp.fc2", h, config.width(), true), x);
  }
}
