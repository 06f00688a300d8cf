package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import java.util.Map;

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
public record PriorConfig(int heads, int layers, int width, int embedding, int texts, int timeWidth, int textWidth,
    int imageWidth,
    boolean textProjected, boolean textNormed, boolean inputNormed, boolean ownToken) {

  /**
   * Reads a parsed config.json; what is absent has diffusers' default.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static PriorConfig of(Map<String, Object> json) {
    ConfigValues c = ConfigValues.of(Configurations.PRIOR, json);
    int heads = c.integer("num_attention_heads");
    int width = heads * c.integer("attention_head_dim");
    int embedding = c.integer("embedding_dim");
    boolean ownToken = c.word("added_emb_type") != null;
    int added = ownToken ? 4 : 3;
    if (c.integer("additional_embeddings", added) != added) {
      throw c.invalid("additional_embeddings", added + " where added_emb_type is " + c.word("added_emb_type"));
    }
    if (c.word("encoder_hid_proj_type") == null && embedding != width) {
      throw c.invalid("encoder_hid_proj_type",
          "linear where embedding_dim, which is " + embedding + ", is not the width of " + width);
    }
    return new PriorConfig(heads, c.integer("num_layers"), width, embedding, c.integer("num_embeddings"),
        c.integer("time_embed_dim", width), c.integer("embedding_proj_dim", embedding),
        c.integer("clip_embed_dim", embedding),
        c.word("encoder_hid_proj_type") != null, c.word("embedding_proj_norm_type") != null,
        c.word("norm_in_type") != null, ownToken);
  }

  /**
   * Tokens of the whole sequence: the text's, its embedding, the time, the noisy embedding, and perhaps the learned
   * one.
   */
  public int tokens() {
    return texts + (ownToken ? 4 : 3);
  }
}
