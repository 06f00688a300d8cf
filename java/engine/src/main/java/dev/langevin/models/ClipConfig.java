package dev.langevin.models;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.graph.Activation;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.Printable;
import java.util.Map;

/**
 * Configuration of a {@link ClipText} or {@link ClipVision} encoder, by the names of transformers' CLIP classes.
 *
 * @param entries of the vocabulary, and {@code positions} of a text; without meaning for pictures
 * @param endToken token at whose place a text's embedding is read; the value 2 of early files stands for the largest
 *   token
 * @param imageSize side of a picture, and {@code patchSize} of its patches; without meaning for texts
 * @param projection width that embeddings are projected to, or null where they are not
 */
public record ClipConfig(
    int entries,
    int positions,
    int width,
    int inner,
    int layers,
    int heads,
    Activation activation,
    double epsilon,
    long endToken,
    int imageSize,
    int patchSize,
    Integer projection) {

  /** The same with another size of the vocabulary. */
  public ClipConfig withEntries(int count) {
    return new ClipConfig(count, positions, width, inner, layers, heads, activation, epsilon, endToken, imageSize,
        patchSize, projection);
  }

  /**
   * Refuses a tokenizer that gives ids or texts which the encoder does not know.
   *
   * @throws IllegalArgumentException naming the token
   */
  public void requireKnown(ClipTokenizer tokenizer) {
    if (tokenizer.entries() > entries) {
      throw new IllegalArgumentException("the tokenizer's token '" + Printable.of(tokenizer.last()) + "' has the id "
          + (tokenizer.entries() - 1) + ", the encoder's vocab_size is " + entries + "; do they belong together?");
    }
    if (tokenizer.length() > positions) {
      throw new IllegalArgumentException("the tokenizer's model_max_length is " + tokenizer.length()
          + ", the encoder's max_position_embeddings " + positions + "; do they belong together?");
    }
  }

  /**
   * Checks that heads share the width evenly, and that a picture holds a patch.
   *
   * @throws IllegalArgumentException if the width is no multiple of the heads, or a patch larger than the picture
   */
  public ClipConfig {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "config.json: hidden_size is " + width + ", must be a multiple of num_attention_heads, which is " + heads);
    }
    if (imageSize < patchSize) {
      throw new IllegalArgumentException(
          "config.json: image_size is " + imageSize + ", must be at least patch_size, which is " + patchSize);
    }
  }

  /** What early files say in place of the end token. */
  public static final long LEGACY_END_TOKEN = 2;

  private static final Map<String, Activation> ACTIVATIONS = Map.of(
      "quick_gelu", Activation.QUICK_GELU, "gelu", Activation.GELU, "gelu_new", Activation.GELU_TANH);

  /**
   * Reads a parsed config.json; what is absent has transformers' default.
   *
   * @param projected whether the class is one with a projection
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public static ClipConfig of(Map<String, Object> json, boolean projected) {
    ConfigValues c = ConfigValues.of(Configurations.CLIP, json);
    boolean vision = c.has("patch_size");
    return new ClipConfig(c.integer("vocab_size"), c.integer("max_position_embeddings"),
        c.integer("hidden_size", vision ? 768 : 512), c.integer("intermediate_size", vision ? 3072 : 2048),
        c.integer("num_hidden_layers"), c.integer("num_attention_heads", vision ? 12 : 8),
        ACTIVATIONS.get(c.word("hidden_act")),
        c.number("layer_norm_eps"), c.integer("eos_token_id"), c.integer("image_size"),
        c.integer("patch_size"), projected ? Integer.valueOf(c.integer("projection_dim")) : null);
  }
}
