package dev.langevin.models;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.List;

/**
 * CLIP's picture encoder (arXiv:2103.00020, section 2.4), by the names of transformers' {@code CLIPVisionModel}.
 *
 * <p>
 * Inputs: {@code pixel_values} (N, 3, S, S), {@code class_token} (N) i64, zeros. Outputs: {@code last_hidden_state} (N,
 * 1 + P, C), before the last norm; {@code hidden_states.K} as of the {@link ClipText}; {@code pooled} (N, C);
 * {@code image_embeds} (N, P) where there is a projection. All else f32.
 */
public final class ClipVision {

  private ClipVision() {}

  /**
   * The encoder.
   *
   * @param prefix of the weights' names: {@code vision_model.} in published files
   * @param hidden layers before which the hidden state is given out; {@code layers} stands for the last one's result
   */
  public static Graph graph(ClipConfig config, String prefix, int batch, List<Integer> hidden) {
    GraphBuilder b = new GraphBuilder();
    int side = config.imageSize() / config.patchSize();
    Value pixels = b.input("pixel_values", DType.F32, batch, 3, config.imageSize(), config.imageSize());
    Value x = b.conv2d(prefix + "embeddings.patch_embedding", b.toChannelsLast("pixel_values", pixels), config.width(),
        config.patchSize(), config.patchSize(), Padding.of(0), false);
    x = b.reshape("patches", x, batch, (long) side * side, config.width());
    Value table =
        b.weightAs(prefix + "embeddings.class_embedding", Shape.of(config.width()), config.width(), 1, config.width());
    Value token = b.rows("class_token", table, b.input("class_token", DType.I64, batch));
    x = b.append("tokens", b.reshape("class_token", token, batch, 1, config.width()), x);
    long tokens = 1L + (long) side * side;
    x = b.add("positions", x, b.weightAs(
        prefix + "embeddings.position_embedding.weight", Shape.of(tokens, config.width()), tokens, 1, tokens,
        config.width()));
    x = b.layerNorm(prefix + "pre_layrnorm", x, config.epsilon());
    ClipLayers layers = new ClipLayers(config, false);
    for (int i = 0; i <= config.layers(); i++) {
      if (hidden.contains(i)) {
        b.output("hidden_states." + i, x);
      }
      if (i < config.layers()) {
        x = layers.build(b, prefix + "encoder.layers." + i, x, null);
      }
    }
    b.output("last_hidden_state", x);
    Value first = b.reshape("pooled", b.slice("pooled", x, 1, 0, 1), batch, config.width());
    Value pooled = b.layerNorm(prefix + "post_layernorm", first, config.epsilon());
    b.output("pooled", pooled);
    if (config.projection() != null) {
      b.output("image_embeds", b.linear("visual_projection", pooled, config.projection(), false));
    }
    return b.build();
  }
}
