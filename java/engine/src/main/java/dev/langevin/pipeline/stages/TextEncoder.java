package dev.langevin.pipeline.stages;

import dev.langevin.pipeline.engine.Need;
import dev.langevin.tensor.Shape;
import dev.langevin.text.ClipTokenizer;
import java.util.Map;

/**
 * A network that reads texts, with its tokenizer. Texts are encoded one at a time: none depends on what else is in its
 * batch.
 */
public interface TextEncoder {

  /** A text's hidden states (L, C), and its pooled embedding (P). */
  record Encoded(float[] states, float[] pooled) {}

  /** The tokenizer whose ids it reads. */
  ClipTokenizer tokenizer();

  /** Channels of a token's state. */
  int width();

  /** The layer that is read where none is left out, counted from the end as web UIs do: 1 is the last. */
  int clipSkip();

  /** Layers that may be left out at the end. */
  int mostSkipped();

  /** Shape of every tensor that the weights must hold. */
  Map<String, Shape> storedWeights();

  /** What encoding takes. */
  Need need(String name, int clipSkip);

  /**
   * Encodes a text, on the backend's thread.
   *
   * @param ids as many as the tokenizer's length
   */
  Encoded encode(long[] ids, int clipSkip);
}
