package dev.langevin.models;

import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.List;

/**
 * CLIP's text encoder (arXiv:2103.00020, section 2.4), by the names of transformers' {@code CLIPTextModel}.
 *
 * <p>
 * Inputs: {@code input_ids} (N, L) i64, {@code end} (N) i64, the row n L + i of each text's end token, and, if masked,
 * {@code
 * attention_bias} (N, L). Outputs: {@code last_hidden_state} (N, L, C) after the last norm; {@code hidden_states.K} (N,
 * L, C) before layer K, and of K = layers after the last; {@code skipped}, the hidden state that was asked for after
 * the last norm; {@code
 * pooled} (N, C) at the end tokens; {@code text_embeds} (N, P) where there is a projection. All f32.
 */
public final class ClipText {

  private ClipText() {}

  /**
   * The encoder for texts of one length.
   *
   * @param prefix of the weights' names: {@code text_model.} in published files, empty in the newest
   * @param hidden layers before which the hidden state is given out; {@code layers} stands for the last one's result
   * @param skipped layers from the end that {@code skipped} leaves out, or -1 without that output
   */
  public static Graph graph(
      ClipConfig config, String prefix, int batch, int length, boolean masked, List<Integer> hidden, int skipped) {
    if (length > config.positions()) {
      throw new IllegalArgumentException(
          "a text of " + length + " tokens is longer than the encoder's " + config.positions());
    }
    GraphBuilder b = new GraphBuilder();
    Value ids = b.input("input_ids", DType.I64, batch, length);
    Value end = b.input("end", DType.I64, batch);
    Value bias = masked ? b.input("attention_bias", DType.F32, batch, length) : null;
    String embeddings = prefix + "embeddings.";
    Value positions =
        b.weightAs(embeddings + "position_embedding.weight", Shape.of(config.positions(), config.width()), length,
            1, length, config.width());
    Value x = b.embedding(embeddings + "token_embedding", ids, config.entries(), config.width());
    x = b.add(embeddings + "sum", x, positions);
    ClipLayers layers = new ClipLayers(config, true);
    Value chosen = null;
    for (int i = 0; i <= config.layers(); i++) {
      if (hidden.contains(i)) {
        b.output("hidden_states." + i, x);
      }
      if (i == config.layers() - skipped) {
        chosen = x;
      }
      if (i < config.layers()) {
        x = layers.build(b, prefix + "encoder.layers." + i, x, bias);
      }
    }
    if (skipped >= 0) {
      b.output("skipped", b.layerNorm(prefix + "final_layer_norm", chosen, config.epsilon()));
    }
    x = b.layerNorm(prefix + "final_layer_norm", x, config.epsilon());
    b.output("last_hidden_state", x);
    Value rows = b.reshape("rows", x, (long) batch * length, config.width());
    Value pooled = b.rows("pooled", rows, end);
    b.output("pooled", pooled);
    if (config.projection() != null) {
      b.output("text_embeds", b.linear("text_projection", pooled, config.projection(), false));
    }
    return b.build();
  }

  /** The row of the end token of each text: of the first one, or, by early files' rule, of the largest token. */
  public static long[] ends(ClipConfig config, long[] ids, int length) {
    long[] ends = new long[ids.length / length];
    for (int n = 0; n < ends.length; n++) {
      int end = 0;
      for (int i = length - 1; i >= 0; i--) {
        long id = ids[n * length + i];
        boolean found = config.endToken() == ClipConfig.LEGACY_END_TOKEN
            ? id >= ids[n * length + end]
            : id == config.endToken();
        end = found ? i : end;
      }
      ends[n] = (long) n * length + end;
    }
    return ends;
  }
}
