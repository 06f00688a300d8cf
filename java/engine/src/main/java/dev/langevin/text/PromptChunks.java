package dev.langevin.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A prompt of any length as a text encoder reads it: in chunks, each with a start and an end and a weight for each
 * token, as web UIs do. A chunk that is full ends at its last comma where that is near, so that no phrase is torn.
 *
 * @param chunks at least one
 */
public record PromptChunks(List<Chunk> chunks) {

  /** How many tokens may go to the next chunk so that this one ends at a comma. */
  private static final int BACK_TO_COMMA = 20;

  /**
   * As many tokens as the encoder takes.
   *
   * @param ids with start and end, padded
   * @param weights for each; 1 for start, end and padding
   */
  public record Chunk(long[] ids, float[] weights) {}

  public PromptChunks {
    chunks = List.copyOf(chunks);
  }

  /**
   * Reads a prompt: {@code (word)}, {@code (word:1.3)}, {@code [word]}, escapes with a backslash, {@code BREAK}. A
   * prompt without any of these that fits into one chunk has the ids of {@link ClipTokenizer#tokenize}.
   */
  public static PromptChunks of(String prompt, ClipTokenizer tokenizer) {
    Writer writer = new Writer(tokenizer);
    for (WeightedText piece : WeightedText.parse(prompt)) {
      if (piece.endsChunk()) {
        writer.end();
        continue;
      }
      List<Integer> encoded = tokenizer.encode(piece.text());
      for (int id : encoded.subList(1, encoded.size() - 1)) {
        writer.add(id, piece.weight());
      }
    }
    if (!writer.ids.isEmpty() || writer.chunks.isEmpty()) {
      writer.end();
    }
    return new PromptChunks(writer.chunks);
  }

  private static final class Writer {

    private final ClipTokenizer tokenizer;
    private final int comma;
    private final int room;
    private final List<Chunk> chunks = new ArrayList<>();
    private final List<Integer> ids = new ArrayList<>();
    private final List<Float> weights = new ArrayList<>();
    private int afterComma; // place after the chunk's last comma, or 0

    Writer(ClipTokenizer tokenizer) {
      this.tokenizer = tokenizer;
      this.comma = tokenizer.encode(",").get(1);
      this.room = tokenizer.length() - 2;
    }

    void add(int id, float weight) {
      if (ids.size() == room) {
        boolean near = afterComma > 0 && room - afterComma < BACK_TO_COMMA && id != comma;
        int kept = near ? afterComma : room;
        List<Integer> movedIds = new ArrayList<>(ids.subList(kept, room));
        List<Float> movedWeights = new ArrayList<>(weights.subList(kept, room));
        ids.subList(kept, room).clear();
        weights.subList(kept, room).clear();
        end();
        ids.addAll(movedIds);
        weights.addAll(movedWeights);
      }
      ids.add(id);
      weights.add(weight);
      if (id == comma) {
        afterComma = ids.size();
      }
    }

    void end() {
      long[] padded = new long[tokenizer.length()];
      float[] each = new float[padded.length];
      Arrays.fill(padded, tokenizer.padding());
      Arrays.fill(each, 1);
      padded[0] = tokenizer.start();
      for (int i = 0; i < ids.size(); i++) {
        padded[i + 1] = ids.get(i);
        each[i + 1] = weights.get(i);
      }
      padded[ids.size() + 1] = tokenizer.end();
      chunks.add(new Chunk(padded, each));
      ids.clear();
      weights.clear();
      afterComma = 0;
    }
  }
}
