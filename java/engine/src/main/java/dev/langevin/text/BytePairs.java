package dev.langevin.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Byte-pair encoding of words (Sennrich et al., arXiv:1508.07909) over bytes (Radford et al. 2019, section 2.2): each
 * of the 256 bytes has a letter of its own, and pairs are joined in the order in which they were learned. Immutable.
 */
final class BytePairs {

  /** Marks the end of a word; part of the last symbol. */
  static final String WORD_END = "</w>";

  private static final char[] LETTERS = letters();

  private record Pair(String left, String right) {
    @Override
    public int hashCode() { // 50,000 are hashed at each start: the one that Java makes is slow until it is compiled
      return 31 * left.hashCode() + right.hashCode();
    }
  }

  private final Map<Pair, Integer> ranks;
  private final Map<String, Integer> ids;
  private final int unknown;

  /**
   * @param ids of the symbols
   * @param merges pairs, the first learned first
   * @param unknown id of a symbol that has none
   */
  BytePairs(Map<String, Integer> ids, List<String[]> merges, int unknown) {
    this.ids = Map.copyOf(ids);
    this.unknown = unknown;
    this.ranks = HashMap.newHashMap(merges.size());
    for (int rank = 0; rank < merges.size(); rank++) {
      ranks.putIfAbsent(new Pair(merges.get(rank)[0], merges.get(rank)[1]), rank);
    }
  }

  /**
   * Printable letters for all bytes: those that are printable stand for themselves, the others follow from U+0100 on.
   */
  private static char[] letters() {
    char[] letters = new char[256];
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      letters[b] = printable ? (char) b : next++;
    }
    return letters;
  }

  /** The letters as CLIP's vocabulary has them: those that stand for themselves first. */
  static List<String> lettersInOrder() {
    List<String> order = new ArrayList<>();
    for (boolean itself : new boolean[] {true, false}) {
      for (int b = 0; b < 256; b++) {
        if (LETTERS[b] == b == itself) {
          order.add(String.valueOf(LETTERS[b]));
        }
      }
    }
    return order;
  }

  /** A symbol in its word: a list whose links change as pairs are joined. */
  private static final class Symbol {
    String text;
    Symbol before;
    Symbol after;
    int at;
    boolean joined;
  }

  private record Candidate(int rank, Symbol left, Symbol right, String leftText, String rightText) {
    /** Whether both symbols are still what they were. */
    boolean holds() {
      return !left.joined && !right.joined && left.after == right && left.text.equals(leftText)
          && right.text.equals(rightText);
    }
  }

  /** The ids of a word. Takes time of order n log n in its length. */
  List<Integer> encode(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    Symbol first = null;
    Symbol last = null;
    for (int i = 0; i < bytes.length; i++) {
      Symbol symbol = new Symbol();
      symbol.text = LETTERS[bytes[i] & 255] + (i == bytes.length - 1 ? WORD_END : "");
      symbol.before = last;
      symbol.at = i;
      if (last == null) {
        first = symbol;
      } else {
        last.after = symbol;
      }
      last = symbol;
    }
    PriorityQueue<Candidate> queue = new PriorityQueue<>(
        (a, b) -> a.rank != b.rank ? Integer.compare(a.rank, b.rank) : Integer.compare(a.left.at, b.left.at));
    for (Symbol symbol = first; symbol != null; symbol = symbol.after) {
      offer(queue, symbol);
    }
    while (!queue.isEmpty()) {
      Candidate candidate = queue.poll();
      if (candidate.holds()) {
        Symbol left = candidate.left;
        left.text += candidate.right.text;
        left.after = candidate.right.after;
        candidate.right.joined = true;
        if (left.after != null) {
          left.after.before = left;
        }
        offer(queue, left);
        if (left.before != null) {
          offer(queue, left.before);
        }
      }
    }
    List<Integer> encoded = new ArrayList<>();
    for (Symbol symbol = first; symbol != null; symbol = symbol.after) {
      encoded.add(ids.getOrDefault(symbol.text, unknown));
    }
    return encoded;
  }

  private void offer(PriorityQueue<Candidate> queue, Symbol left) {
    if (left.after != null) {
      Integer rank = ranks.get(new Pair(left.text, left.after.text));
      if (rank != null) {
        queue.add(new Candidate(rank, left, left.after, left.text, left.after.text));
      }
    }
  }

  /** The text that symbols stand for, a space after each word. */
  static String decode(Iterable<String> symbols) {
    StringBuilder joined = new StringBuilder();
    symbols.forEach(joined::append);
    String text = joined.toString().replace(WORD_END, " ");
    Map<Character, Integer> bytes = new HashMap<>();
    for (int b = 0; b < 256; b++) {
      bytes.put(LETTERS[b], b);
    }
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      Integer b = bytes.get(text.charAt(i));
      out.write(b != null ? b : text.charAt(i));
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
