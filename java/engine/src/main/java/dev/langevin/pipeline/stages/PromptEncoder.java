package dev.langevin.pipeline.stages;

import dev.langevin.pipeline.engine.Need;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.text.Emphasis;
import dev.langevin.text.PromptChunks;
import dev.langevin.text.TokenIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * From texts to what a U-Net's cross-attention reads, by one text encoder or by SDXL's two, whose states stand side by
 * side. Used by many runs, a text each turn.
 */
public final class PromptEncoder {

  /**
   * How texts are read and weighed.
   *
   * @param backToComma of {@link PromptChunks#a1111}
   */
  public record Reading(PromptSyntax syntax, Emphasis emphasis, int backToComma) {

    /** With the settings as they come. */
    public Reading(PromptSyntax syntax, Emphasis emphasis) {
      this(syntax, emphasis, PromptChunks.BACK_TO_COMMA);
    }
  }

  /**
   * An encoded text.
   *
   * @param states (M, D), row after row
   * @param pooled (P), of the last encoder
   */
  public record Encoded(float[] states, float[] pooled) {}

  /** One reading of a text encoder: its tokens, and a weight for each or null for none. */
  private record Chunk(long[] ids, float[] weights) {}

  private final List<TextEncoder> encoders;

  /**
   * Encodes by one text encoder, or by several side by side.
   *
   * @param encoders whose states are joined along the channels, in this order; they stay the caller's
   */
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

  /**
   * Chunks that a text takes.
   *
   * @param texts for the first encoder, and for the others where that is another
   */
  public int chunks(List<String> texts, Reading reading) {
    int most = 1;
    for (int e = 0; e < encoders.size(); e++) {
      most = Math.max(most, chunks(texts, e, reading, 1, warning -> {}).size());
    }
    return most;
  }

  /** Names that a text calls in ComfyUI's notation, and of which no encoder has a learned token. */
  public Set<String> missing(String text) {
    Set<String> missing = null;
    for (TextEncoder encoder : encoders) {
      Set<String> own = new LinkedHashSet<>();
      PromptChunks.comfy(text, encoder.tokenizer(), own::add);
      if (missing == null) {
        missing = own;
      } else {
        missing.retainAll(own);
      }
    }
    return missing;
  }

  /** Names of all learned tokens. */
  public Set<String> learned() {
    Set<String> names = new TreeSet<>();
    encoders.forEach(encoder -> names.addAll(encoder.tokenizer().learned()));
    return names;
  }

  /** The layer that is read without skipping, counted from the end as web UIs do. */
  public int clipSkip() {
    return encoders.stream().mapToInt(TextEncoder::clipSkip).max().orElseThrow();
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
   * Encodes a text, a turn for each chunk.
   *
   * @param texts for the first encoder, and for the others where that is another
   * @param chunks that it is filled up to
   * @param turns has an encoder's pass done on the backend's thread
   * @param warnings told of what was cut
   */
  public Encoded encode(List<String> texts, Reading reading, int clipSkip, int chunks,
      Function<Callable<TextEncoder.Encoded>, TextEncoder.Encoded> turns, Consumer<String> warnings) {
    int length = length();
    int width = width();
    float[] states = new float[chunks * length * width];
    float[] pooled = new float[0];
    int column = 0;
    for (int e = 0; e < encoders.size(); e++) {
      TextEncoder encoder = encoders.get(e);
      List<Chunk> read = chunks(texts, e, reading, chunks, warnings);
      float[] empty = null;
      if (reading.syntax == PromptSyntax.COMFY && read.stream().anyMatch(chunk -> weighs(chunk.weights))) {
        long[] ids = encoder.tokenizer().tokenize("").ids();
        empty = turns.apply(() -> encoder.encode(ids, clipSkip)).states();
      }
      for (int c = 0; c < chunks; c++) {
        long[] ids = read.get(c).ids;
        TextEncoder.Encoded encoded = turns.apply(() -> encoder.encode(ids, clipSkip));
        if (weighs(read.get(c).weights)) {
          weigh(encoded.states(), read.get(c).weights, reading, empty);
        }
        for (int t = 0; t < length; t++) {
          System.arraycopy(encoded.states(), t * encoder.width(), states, (c * length + t) * width + column,
              encoder.width());
        }
        if (c == 0 && e == encoders.size() - 1) {
          pooled = encoded.pooled();
        }
      }
      column += encoder.width();
    }
    return new Encoded(states, pooled);
  }

  private List<Chunk> chunks(List<String> texts, int encoder, Reading reading, int atLeast,
      Consumer<String> warnings) {
    String text = texts.get(Math.min(encoder, texts.size() - 1));
    List<Chunk> chunks = new ArrayList<>();
    switch (reading.syntax) {
      case PLAIN -> {
        TokenIds ids = encoders.get(encoder).tokenizer().tokenize(text);
        if (!ids.cut().isEmpty() && encoder == 0) {
          warnings.accept("the prompt is longer than the text encoder's " + ids.ids().length
              + " tokens; this was cut: " + ids.cut());
        }
        chunks.add(new Chunk(ids.ids(), null));
      }
      case A1111 -> PromptChunks.a1111(text, encoders.get(encoder).tokenizer(), reading.emphasis, reading.backToComma)
          .chunks().forEach(chunk -> chunks.add(new Chunk(chunk.ids(), chunk.weights())));
      case COMFY -> PromptChunks.comfy(text, encoders.get(encoder).tokenizer(), missing -> {}).chunks()
          .forEach(chunk -> chunks.add(new Chunk(chunk.ids(), chunk.weights())));
    }
    if (chunks.size() < atLeast) {
      Chunk empty = new Chunk(encoders.get(encoder).tokenizer().tokenize("").ids(), null);
      chunks.addAll(Collections.nCopies(atLeast - chunks.size(), empty));
    }
    return chunks;
  }

  private static boolean weighs(float[] weights) {
    for (int i = 0; weights != null && i < weights.length; i++) {
      if (weights[i] != 1) {
        return true;
      }
    }
    return false;
  }

  private static void weigh(float[] states, float[] weights, Reading reading, float[] empty) {
    int width = states.length / weights.length;
    if (reading.syntax == PromptSyntax.COMFY) {
      for (int i = 0; i < states.length; i++) {
        float weight = weights[i / width];
        states[i] = weight == 1 ? states[i] : (states[i] - empty[i]) * weight + empty[i];
      }
      return;
    }
    double before = 0;
    double after = 0;
    for (int i = 0; i < states.length; i++) {
      before += states[i];
      states[i] *= weights[i / width];
      after += states[i];
    }
    if (reading.emphasis == Emphasis.ORIGINAL && after != 0) { // the mean of all is what it was
      float factor = (float) (before / after);
      for (int i = 0; i < states.length; i++) {
        states[i] *= factor;
      }
    }
  }
}
