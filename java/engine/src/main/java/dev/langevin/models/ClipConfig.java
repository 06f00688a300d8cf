package dev.langevin.models;

import dev.langevin.graph.Activation;
import java.util.Map;
import java.util.Set;

/**
 * Configuration of a {@link ClipText} or {@link ClipVision} encoder, by the names of transformers' CLIP classes.
 *
 * @param entries of the vocabulary, and {@code positions} of a text; without meaning for pictures
 * @param endToken token at whose place a text's embedding is read; the value 2 of early files stands for the largest token
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
    ConfigValues c = new ConfigValues(json);
    boolean vision = json.containsKey("patch_size");
    return new ClipConfig(c.positive("vocab_size", 49408), c.positive("max_position_embeddings", 77),
        c.positive("hidden_size", vision ? 768 : 512), c.positive("intermediate_size", vision ? 3072 : 2048),
        c.positive("num_hidden_layers", 12), c.positive("num_attention_heads", vision ? 12 : 8),
        ACTIVATIONS.get(c.word("hidden_act", "quick_gelu", Set.copyOf(ACTIVATIONS.keySet()))),
        c.number("layer_norm_eps", 1e-5), (long) c.number("eos_token_id", 49407), c.positive("image_size", 224),
        c.positive("patch_size", 32), projected ? Integer.valueOf(c.positive("projection_dim", 512)) : null);
  }
}
