package dev.langevin.models;

import java.util.Map;
import java.util.Set;

/**
 * Configuration of a {@link PriorTransformer}, by diffusers' names.
 *
 * @param heads of each attention, and {@code layers} of the transformer
 * @param width of a token within it
 * @param embedding width of image embeddings and of text states
 * @param texts tokens of a text
 * @param timeWidth between the layers of the time's network
 * @param textWidth of a text's embedding
 * @param imageWidth of the result
 * @param textProjected whether the text's states pass a linear layer
 * @param textNormed whether the text's embedding passes a norm first
 * @param inputNormed whether the tokens do
 * @param ownToken whether a learned last token gives the result; else the noisy embedding's does
 */
public record PriorConfig(int heads, int layers, int width, int embedding, int texts, int timeWidth, int textWidth, int imageWidth,
    boolean textProjected, boolean textNormed, boolean inputNormed, boolean ownToken) {

  private static final String LAYER = "layer";

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static PriorConfig of(Map<String, Object> json) {
    ConfigValues c = new ConfigValues(json);
    int heads = c.positive("num_attention_heads", 32);
    int width = heads * c.positive("attention_head_dim", 64);
    int embedding = c.positive("embedding_dim", 768);
    boolean ownToken = "prd".equals(orNull(c, json, "added_emb_type", "prd"));
    c.requireAbsent("time_embed_act_fn", "silu");
    c.requireAbsent("additional_embeddings", ownToken ? 4 : 3);
    return new PriorConfig(heads, c.positive("num_layers", 20), width, embedding, c.positive("num_embeddings", 77),
        c.positive("time_embed_dim", width), c.positive("embedding_proj_dim", embedding), c.positive("clip_embed_dim", embedding),
        "linear".equals(orNull(c, json, "encoder_hid_proj_type", "linear")), LAYER.equals(orNull(c, json, "embedding_proj_norm_type", LAYER, null)),
        LAYER.equals(orNull(c, json, "norm_in_type", LAYER, null)), ownToken);
  }

  private static String orNull(ConfigValues c, Map<String, Object> json, String key, String word) {
    return orNull(c, json, key, word, word);
  }

  /** The one word that is allowed, or null. */
  private static String orNull(ConfigValues c, Map<String, Object> json, String key, String word, String byDefault) {
    return json.containsKey(key) && json.get(key) == null ? null : c.word(key, byDefault, Set.of(word));
  }

  /** Tokens of the whole sequence: the text's, its embedding, the time, the noisy embedding, and perhaps the learned one. */
  public int tokens() {
    return texts + (ownToken ? 4 : 3);
  }
}
