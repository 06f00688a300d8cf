package dev.langevin.models;

import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens of a picture as a prompt, and what its attentions are called: in files they are numbered in the order of
 * down, up and middle blocks, at each odd number one that reads a context.
 */
final class ImageContext {

  private static final double EPSILON = 1e-5;

  final Value tokens; // (N, T, D)
  final double scale;
  private final List<String> attentions = new ArrayList<>();

  ImageContext(IpAdapterConfig adapter, UNetConditionConfig config, GraphBuilder b, int batch) {
    this.scale = adapter.scale();
    Value embedding = b.steadyInput("image_embeds", DType.F32, batch, adapter.embedding());
    Value projected = b.linear("image_proj.proj", embedding, adapter.tokens() * config.contextDim(), true);
    tokens = b.layerNorm("image_proj.norm",
        b.reshape("image_proj", projected, batch, adapter.tokens(), config.contextDim()), EPSILON);
    int last = config.blockChannels().size() - 1;
    for (int i = 0; i <= last; i++) {
      add("down_blocks." + i, config.downBlocks().get(i), config.layers().get(i), config.transformerLayers().get(i));
    }
    for (int i = 0; i <= last; i++) {
      add("up_blocks." + i, config.upBlocks().get(i), config.layers().get(last - i) + 1,
          config.upTransformerLayers().get(i));
    }
    if ("UNetMidBlock2DCrossAttn".equals(config.middle())) {
      add("mid_block", "CrossAttn", 1, config.transformerLayers().get(last));
    }
  }

  private void add(String block, String type, int attentions, int layers) {
    for (int i = 0; i < attentions && type.startsWith("CrossAttn"); i++) {
      for (int layer = 0; layer < layers; layer++) {
        this.attentions.add(block + ".attentions." + i + ".transformer_blocks." + layer + ".attn2");
      }
    }
  }

  /** Prefix of the weights of the attention beside that of this name. */
  String prefix(String attention) {
    int index = attentions.indexOf(attention);
    if (index < 0) {
      throw new IllegalArgumentException(
          attention + ": has no place for a picture's tokens; this network's kind of attention takes none");
    }
    return "ip_adapter." + (2 * index + 1);
  }
}
