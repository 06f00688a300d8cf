package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.Map;

/**
 * What unCLIP's decoder is told (arXiv:2204.06125, section 2.1): a context of tokens that the image embedding gives and
 * of the text's states, and an addition to the time's embedding. Weight names are those of diffusers'
 * {@code UnCLIPTextProjModel}.
 *
 * <p>
 * Inputs: {@code image_embeddings} (N, E); {@code prompt_embeds} (M, E) and {@code text_encoder_hidden_states} (M, L,
 * E), where M is N and the rows without an image, which come first. Outputs: {@code context} (M, X + L, C), X the extra
 * tokens, and {@code
 * time} (M, T). All f32.
 */
public final class UnClipTextProjection {

  private static final double EPSILON = 1e-5;

  private UnClipTextProjection() {}

  /**
   * Configuration, by diffusers' names.
   *
   * @param extra tokens that an image embedding gives
   * @param embedding width of embeddings
   * @param time width of the addition to the time's embedding
   * @param context width of a token for the decoder
   */
  public record Config(int extra, int embedding, int time, int context) {

    /**
     * Reads a parsed config.json; what is absent has diffusers' default.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public static Config of(Map<String, Object> json) {
      ConfigValues c = ConfigValues.of(Configurations.TEXT_PROJECTION, json);
      return new Config(c.integer("clip_extra_context_tokens"), c.integer("clip_embeddings_dim"),
          c.integer("time_embed_dim"),
          c.integer("cross_attention_dim"));
    }
  }

  /**
   * Builds the network for {@code batch} image embeddings at once.
   *
   * @param without rows that a learned embedding stands in for: as many as N for guidance, or 0
   * @param batch N
   * @param length L
   */
  public static Graph graph(Config config, int without, int batch, int length) {
    int all = without + batch;
    GraphBuilder b = new GraphBuilder();
    Value image = b.input("image_embeddings", DType.F32, batch, config.embedding);
    Value prompt = b.input("prompt_embeds", DType.F32, all, config.embedding);
    Value states = b.input("text_encoder_hidden_states", DType.F32, all, length, config.embedding);
    if (without > 0) {
      Value none = b.weightAs("learned_classifier_free_guidance_embeddings", Shape.of(config.embedding),
          config.embedding, 1, 1, config.embedding);
      Value absent = b.add("without", b.zeros("zeros", without, 1, config.embedding), none);
      image = b.append("both", b.reshape("without_rows", absent, 1, without, config.embedding),
          b.reshape("image_rows", image, 1, batch, config.embedding));
      image = b.reshape("both_rows", image, all, config.embedding);
    }
    b.output("time", b.add("time", b.linear("embedding_proj", prompt, config.time, true),
        b.linear("clip_image_embeddings_project_to_time_embeddings", image, config.time, true)));
    Value extra = b.linear("clip_extra_context_tokens_proj", image, config.extra * config.context, true);
    extra =
        b.toChannelsLast("extra.transposed", b.reshape("extra.picture", extra, all, config.context, config.extra, 1));
    extra = b.reshape("extra", extra, all, config.extra, config.context);
    Value text = b.layerNorm("text_encoder_hidden_states_norm",
        b.linear("encoder_hidden_states_proj", states, config.context, true), EPSILON);
    b.output("context", b.append("context", extra, text));
    return b.build();
  }
}
