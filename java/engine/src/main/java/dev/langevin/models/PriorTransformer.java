package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;

/**
 * The prior of DALL-E 2 (arXiv:2204.06125, section 2.2): from a text, its embedding, a time and a noisy image embedding
 * to the image embedding without noise. Weight names are those of diffusers' {@code PriorTransformer}.
 *
 * <p>
 * Inputs: {@code hidden_states} (N, E), the noisy embedding; {@code timestep} (N); {@code proj_embedding} (N, T), the
 * text's; {@code
 * encoder_hidden_states} (N, L, E), the text's states; and if masked {@code attention_bias} (N,
 * {@link PriorConfig#tokens}), added to every score of a token. Output: {@code out} (N, I). All f32.
 */
public final class PriorTransformer {

  private static final double EPSILON = 1e-5;

  private PriorTransformer() {}

  /**
   * Builds the network for {@code batch} noisy embeddings at once.
   *
   * @param masked whether tokens see none behind them, and none whose bias forbids it; without it each sees all
   */
  public static Graph graph(PriorConfig config, int batch, boolean masked) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("hidden_states", DType.F32, batch, config.embedding());
    Value time = b.input("timestep", DType.F32, batch);
    Value text = b.steadyInput("proj_embedding", DType.F32, batch, config.textWidth());
    Value states = b.steadyInput("encoder_hidden_states", DType.F32, batch, config.texts(), config.embedding());
    Value bias = masked ? b.steadyInput("attention_bias", DType.F32, batch, config.tokens()) : null;
    if (config.textNormed()) {
      text = b.layerNorm("embedding_proj_norm", text, EPSILON);
    }
    if (config.textProjected()) {
      states = b.linear("encoder_hidden_states_proj", states, config.width(), true);
    }
    Value h = b.timeEmbedding("time_proj", time, config.width(), true, 0);
    h = b.activate("time_embedding.act", b.linear("time_embedding.linear_1", h, config.timeWidth(), true),
        Activation.SILU);
    Value when = b.linear("time_embedding.linear_2", h, config.width(), true);
    Value tokens = b.append("with_text", states,
        token(b, config, "text_token", b.linear("embedding_proj", text, config.width(), true)));
    tokens = b.append("with_time", tokens, token(b, config, "time_token", when));
    tokens =
        b.append("with_image", tokens, token(b, config, "image_token", b.linear("proj_in", x, config.width(), true)));
    if (config.ownToken()) {
      Value own = b.add("own_token", b.zeros("own_token.zeros", batch, 1, config.width()),
          b.weight("prd_embedding", 1, 1, config.width()));
      tokens = b.append("with_own", tokens, own);
    }
    tokens = b.add("placed", tokens, b.weight("positional_embedding", 1, config.tokens(), config.width()));
    if (config.inputNormed()) {
      tokens = b.layerNorm("norm_in", tokens, EPSILON);
    }
    for (int i = 0; i < config.layers(); i++) {
      tokens = layer(b, config, "transformer_blocks." + i, tokens, bias);
    }
    tokens = b.layerNorm("norm_out", tokens, EPSILON);
    Value last = b.reshape("last", b.slice("last_token", tokens, 1, config.tokens() - 1, 1), batch, config.width());
    b.output("out", b.linear("proj_to_clip_embeddings", last, config.imageWidth(), true));
    return b.build();
  }

  private static Value token(GraphBuilder b, PriorConfig config, String name, Value row) {
    return b.reshape(name, row, row.shape().dim(0), 1, config.width());
  }

  private static Value layer(GraphBuilder b, PriorConfig config, String name, Value x, Value bias) {
    Value h = b.layerNorm(name + ".norm1", x, EPSILON);
    h = new CrossAttention(config.heads(), true).build(b, name + ".attn1", h, bias != null, bias);
    x = b.add(name + ".attended", h, x);
    h = b.layerNorm(name + ".norm3", x, EPSILON);
    return b.add(name, new FeedForward(false, Activation.GELU, 4 * config.width()).build(b, name + ".ff", h), x);
  }
}
