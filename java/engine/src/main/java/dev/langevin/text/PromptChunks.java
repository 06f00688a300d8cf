package dev.langevin.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A text of any length as a text encoder reads it: in chunks, each with a start and an end and a weight for each token,
 * as one of the web UIs parts it.
 *
 * @param chunks at least one
 */
public record PromptChunks(List<Chunk> chunks) {

  /** How many tokens may go to the next chunk so that this one ends at a comma: AUTOMATIC1111's setting as it comes. */
  public static final int BACK_TO_COMMA = 20;

  /** Words of fewer tokens are not torn by ComfyUI. */
  private static final int LONG_WORD = 8;

  private static final String EMBEDDING = "embedding:";

  /**
   * As many tokens as the encoder takes.
   *
   * @param ids with start and end, padded
   * @param weights for each; 1 for start, end and padding
   */
  public record Chunk(long[] ids, float[] weights) {

    /** Whether a token weighs other than 1. */
    public boolean weighted() {
      for (float weight : weights) {
        if (weight != 1) {
          return true;
        }
      }
      return false;
    }
  }

  /** Copies {@code chunks}. */
  public PromptChunks {
    chunks = List.copyOf(chunks);
  }

  /**
   * As AUTOMATIC1111 parts a text: a chunk that is full ends at its last comma where that is near, so that no phrase is
   * torn; learned tokens are found by their names' ids, the longest first, and are not torn either. A text without
   * notation that fits into one chunk has the ids of {@link ClipTokenizer#tokenize}.
   *
   * @param backToComma tokens that may go to the next chunk for a comma's sake, or 0
   */
  public static PromptChunks a1111(String text, ClipTokenizer tokenizer, Emphasis emphasis, int backToComma) {
    Writer writer = new Writer(tokenizer, backToComma);
    Map<Integer, List<Learned>> learned = Learned.byFirst(tokenizer);
    List<WeightedText> pieces =
        emphasis == Emphasis.NONE ? List.of(new WeightedText(text, 1)) : WeightedText.parse(text);
    for (WeightedText piece : pieces) {
      if (piece.endsChunk()) {
        writer.end();
        continue;
      }
      float weight = emphasis == Emphasis.IGNORE ? 1 : (float) piece.weight();
      List<Integer> ids = tokenizer.plain(piece.text());
      for (int i = 0; i < ids.size();) {
        writer.makeRoom(ids.get(i));
        Learned found = Learned.at(ids, i, learned);
        if (found == null) {
          writer.add(ids.get(i++), weight);
        } else {
          writer.addTogether(found.vectors, weight);
          i += found.name.size();
        }
      }
    }
    return writer.finish();
  }

  /** {@link #a1111(String, ClipTokenizer, Emphasis, int)} with the settings as they come. */
  public static PromptChunks a1111(String text, ClipTokenizer tokenizer) {
    return a1111(text, tokenizer, Emphasis.ORIGINAL, BACK_TO_COMMA);
  }

  /**
   * As ComfyUI parts a text: learned tokens are called {@code embedding:NAME}, and a run of text of fewer than 8 tokens
   * is not torn.
   *
   * @param missing told of names that no learned token has; they are left out, as there
   */
  public static PromptChunks comfy(String text, ClipTokenizer tokenizer, Consumer<String> missing) {
    Writer writer = new Writer(tokenizer, 0);
    for (WeightedText piece : ComfyText.parse(text)) {
      float weight = (float) piece.weight();
      String[] runs = piece.text().split("[ \\n]" + EMBEDDING, -1);
      for (int i = 0; i < runs.length; i++) {
        boolean called = i > 0 || runs[i].startsWith(EMBEDDING);
        String run = i == 0 && called ? runs[i].substring(EMBEDDING.length()) : runs[i];
        if (called) {
          run = learned(run, tokenizer, missing, ids -> writer.addWord(ids, weight));
        }
        writer.addWord(tokenizer.plain(run), weight);
      }
    }
    return writer.finish();
  }

  /** Takes a learned token's name from the front of a text and gives back the rest. */
  private static String learned(String text, ClipTokenizer tokenizer, Consumer<String> missing,
      Consumer<List<Integer>> found) {
    String[] words = text.strip().split("\\s+", 2);
    String rest = words.length > 1 ? words[1] : "";
    List<Integer> ids = named(words[0], tokenizer);
    if (ids == null) {
      String bare = words[0].replaceAll("^,+|,+$", "");
      ids = named(bare, tokenizer);
      rest = words[0].length() > bare.length() ? words[0].substring(bare.length()) + " " + rest : rest;
    }
    if (ids == null) {
      missing.accept(words[0]);
    } else {
      found.accept(ids);
    }
    return rest;
  }

  /** By a name, or by a file's with its ending or folder. */
  private static List<Integer> named(String name, ClipTokenizer tokenizer) {
    List<Integer> ids = tokenizer.named().get(name);
    String file = name.substring(name.lastIndexOf('/') + 1).replaceFirst("\\.(safetensors|pt|bin)$", "");
    return ids != null ? ids : tokenizer.named().get(file);
  }

  /**
   * A learned token.
   *
   * @param name ids of its name's words
   */
  private record Learned(List<Integer> name, List<Integer> vectors) {

    static Map<Integer, List<Learned>> byFirst(ClipTokenizer tokenizer) {
      Map<Integer, List<Learned>> learned = new HashMap<>();
      tokenizer.named().forEach((name, vectors) -> {
        List<Integer> ids = tokenizer.plain(name);
        if (!ids.isEmpty()) {
          learned.computeIfAbsent(ids.getFirst(), first -> new ArrayList<>()).add(new Learned(ids, vectors));
        }
      });
      learned.values().forEach(each -> each.sort(Comparator.comparingInt(one -> -one.name.size())));
      return learned;
    }

    static Learned at(List<Integer> ids, int place, Map<Integer, List<Learned>> learned) {
      for (Learned each : learned.getOrDefault(ids.get(place), List.of())) {
        int end = place + each.name.size();
        if (end <= ids.size() && ids.subList(place, end).equals(each.name)) {
          return each;
        }
      }
      return null;
    }
  }

  private static final class Writer {

    private final ClipTokenizer tokenizer;
    private final int comma;
    private final int room;
    private final int backToComma;
    private final List<Chunk> chunks = new ArrayList<>();
    private final List<Integer> ids = new ArrayList<>();
    private final List<Float> weights = new ArrayList<>();
    private int afterComma; // place after the chunk's last comma, or 0
    private boolean begun;

    Writer(ClipTokenizer tokenizer, int backToComma) {
      this.tokenizer = tokenizer;
      this.comma = tokenizer.plain(",").getFirst();
      this.room = tokenizer.length() - 2;
      this.backToComma = backToComma;
      if (room < 1) {
        throw new IllegalArgumentException("a text encoder of " + tokenizer.length() + " tokens has no room for words");
      }
    }

    /** Ends the chunk where it is full, before a token comes. */
    void makeRoom(int id) {
      if (ids.size() < room) {
        return;
      }
      boolean near = backToComma > 0 && afterComma > 0 && room - afterComma < backToComma && id != comma;
      int kept = near ? afterComma : room;
      List<Integer> movedIds = new ArrayList<>(ids.subList(kept, room));
      List<Float> movedWeights = new ArrayList<>(weights.subList(kept, room));
      ids.subList(kept, room).clear();
      weights.subList(kept, room).clear();
      end();
      ids.addAll(movedIds);
      weights.addAll(movedWeights);
    }

    void add(int id, float weight) {
      ids.add(id);
      weights.add(weight);
      if (id == comma) {
        afterComma = ids.size();
      }
    }

    /** Tokens that one chunk is to hold. */
    void addTogether(List<Integer> together, float weight) {
      if (together.size() > room) {
        throw new IllegalArgumentException("a learned token of " + together.size()
            + " vectors does not fit into the text encoder's " + room + " tokens; leave it away");
      }
      if (ids.size() + together.size() > room) {
        end();
      }
      together.forEach(id -> add(id, weight));
    }

    /** Tokens that are torn only where they are many. */
    void addWord(List<Integer> word, float weight) {
      int from = 0;
      while (from < word.size()) {
        int end = Math.min(word.size(), from + room - ids.size());
        if (end < word.size() && word.size() < LONG_WORD) {
          end();
          continue;
        }
        word.subList(from, end).forEach(id -> add(id, weight));
        from = end;
        if (from < word.size()) {
          end();
        }
      }
    }

    PromptChunks finish() {
      if (!ids.isEmpty() || !begun) {
        end();
      }
      return new PromptChunks(chunks);
    }

    void end() {
      begun = true;
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
