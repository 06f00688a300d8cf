package dev.langevin.pipeline.stages;

import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.PromptChunks;
import dev.langevin.text.TokenIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * From prompts to what a U-Net's cross-attention reads, by one text encoder or by SDXL's two, whose states stand side
 * by side. Used by many runs, a text each turn.
 */
public final class PromptEncoder {

  /**
   * Encoded prompts.
   *
   * @param states (prompts, M, D)
   * @param pooled (prompts, P), of the last encoder
   */
  public record Context(Tensor states, Tensor pooled) {}

  /** One reading of a text encoder: its tokens, and a weight for each or null for none. */
  private record Chunk(long[] ids, float[] weights) {}

  private final List<TextEncoder> encoders;

  public PromptEncoder(List<TextEncoder> encoders) {
    this.encoders = List.copyOf(encoders);
  }

  /** How many encoders read each prompt. */
  public int count() {
    return encoders.size();
  }

  /**
   * What encoding takes.
   *
   * @throws IllegalArgumentException if the encoders have not as many layers as are to be skipped
   */
  public List<Need> needs(int clipSkip) {
    List<Need> needs = new ArrayList<>();
    for (TextEncoder encoder : encoders) {
      if (clipSkip > encoder.mostSkipped()) {
        throw new IllegalArgumentException(
            "clipSkip is " + clipSkip + ", this text encoder can leave out " + encoder.mostSkipped()
                + " layers at most");
      }
      needs.add(encoder.need(needs.isEmpty() ? "text_encoder" : "text_encoder_" + (needs.size() + 1), clipSkip));
    }
    return needs;
  }

  /** Chunks that the longest of the prompts takes. */
  public int chunks(List<List<String>> prompts, PromptSyntax syntax) {
    int most = 1;
    for (List<String> each : prompts) {
      for (int e = 0; e < encoders.size(); e++) {
        most = Math.max(most, chunks(each, e, syntax, 1, new ArrayList<>()).size());
      }
    }
    return most;
  }

  /** Width of a token's state. */
  public int width() {
    return encoders.stream().mapToInt(TextEncoder::width).sum();
  }

  /** Tokens of a chunk. */
  public int length() {
    return encoders.getFirst().tokenizer().length();
  }

  /**
   * Encodes prompts, a turn for each chunk.
   *
   * @param prompts each a text for the first encoder and one for the others
   * @param chunks that each prompt is filled up to
   * @param run told of what was cut
   */
  public Context encode(List<List<String>> prompts, PromptSyntax syntax, int clipSkip, int chunks, Run run) {
    int length = length();
    int width = width();
    float[] states = new float[prompts.size() * chunks * length * width];
    float[] pooled = new float[0];
    for (int p = 0; p < prompts.size(); p++) {
      int column = 0;
      for (int e = 0; e < encoders.size(); e++) {
        TextEncoder encoder = encoders.get(e);
        List<Chunk> read = chunks(prompts.get(p), e, syntax, chunks, run.warnings());
        for (int c = 0; c < chunks; c++) {
          long[] ids = read.get(c).ids;
          TextEncoder.Encoded encoded = run.turn(() -> encoder.encode(ids, clipSkip));
          weigh(encoded.states(), read.get(c).weights);
          for (int t = 0; t < length; t++) {
            System.arraycopy(encoded.states(), t * encoder.width(), states,
                ((p * chunks + c) * length + t) * width + column, encoder.width());
          }
          if (c == 0 && e == encoders.size() - 1) {
            pooled = pooled.length == 0 ? new float[prompts.size() * encoded.pooled().length] : pooled;
            System.arraycopy(encoded.pooled(), 0, pooled, p * encoded.pooled().length, encoded.pooled().length);
          }
        }
        column += encoder.width();
      }
    }
    return new Context(Tensor.ofFloats(states, prompts.size(), (long) chunks * length, width),
        Tensor.ofFloats(pooled, prompts.size(), pooled.length / prompts.size()));
  }

  private List<Chunk> chunks(List<String> prompt, int encoder, PromptSyntax syntax, int atLeast,
      List<String> warnings) {
    String text = prompt.get(Math.min(encoder, prompt.size() - 1));
    List<Chunk> chunks = new ArrayList<>();
    if (syntax == PromptSyntax.PLAIN) {
      TokenIds ids = encoders.get(encoder).tokenizer().tokenize(text);
      if (!ids.cut().isEmpty() && encoder == 0) {
        warnings.add(
            "the prompt is longer than the text encoder's " + ids.ids().length + " tokens; this was cut: " + ids.cut());
      }
      chunks.add(new Chunk(ids.ids(), null));
    } else {
      PromptChunks.of(text, encoders.get(encoder).tokenizer()).chunks()
          .forEach(chunk -> chunks.add(new Chunk(chunk.ids(), chunk.weights())));
    }
    if (chunks.size() < atLeast) {
      Chunk empty = new Chunk(encoders.get(encoder).tokenizer().tokenize("").ids(), null);
      chunks.addAll(Collections.nCopies(atLeast - chunks.size(), empty));
    }
    return chunks;
  }

  /** Multiplies each token's state by its weight; then all of them so that their mean is what it was. */
  private static void weigh(float[] states, float[] weights) {
    if (weights == null) {
      return;
    }
    double before = 0;
    double after = 0;
    int width = states.length / weights.length;
    boolean changed = false;
    for (int i = 0; i < states.length; i++) {
      before += states[i];
      changed |= weights[i / width] != 1;
      states[i] *= weights[i / width];
      after += states[i];
    }
    if (changed && after != 0) {
      float factor = (float) (before / after);
      for (int i = 0; i < states.length; i++) {
        states[i] *= factor;
      }
    }
  }
}
