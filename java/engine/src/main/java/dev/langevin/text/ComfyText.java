package dev.langevin.text;

import java.util.ArrayList;
import java.util.List;

/**
 * ComfyUI's notation of weights: {@code (text)} weighs 1.1 times as much as what is around it, {@code (text:1.3)}
 * weighs 1.3 whatever is around it, and brackets that do not pair are letters. All else, square brackets too, is text.
 */
public final class ComfyText {

  private static final double STEP = 1.1;

  /** What that program's own recursion allows. */
  private static final int DEEPEST = 900;

  // Escaped brackets while others are looked for: characters of private use, which no tokenizer knows.
  private static final char OPEN = '\uF8FE';

  private static final char CLOSED = '\uF8FF';

  private ComfyText() {}

  /**
   * {@return the prompt's pieces in their order, each with its weight; none of an empty prompt}
   *
   * @throws IllegalArgumentException if brackets nest deeper than that program goes, or a weight is infinite
   */
  public static List<WeightedText> parse(String prompt) {
    List<WeightedText> pieces = new ArrayList<>();
    read(prompt.replace("\\)", String.valueOf(CLOSED)).replace("\\(", String.valueOf(OPEN)), 1, 0, pieces);
    return pieces;
  }

  private static void read(String text, double weight, int depth, List<WeightedText> pieces) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException(
          "the prompt's brackets nest deeper than " + DEEPEST + "; write \\( and \\) for those that are letters");
    }
    for (String part : parts(text)) {
      if (part.length() < 2 || part.charAt(0) != '(' || part.charAt(part.length() - 1) != ')') {
        Numbers.requireWeight(weight);
        pieces.add(new WeightedText(part.replace(CLOSED, ')').replace(OPEN, '('), weight));
        continue;
      }
      String inner = part.substring(1, part.length() - 1);
      int colon = inner.lastIndexOf(':');
      Double own = colon > 0 ? Numbers.parse(inner.substring(colon + 1)) : null;
      if (own == null) {
        read(inner, weight * STEP, depth + 1, pieces);
      } else {
        read(inner.substring(0, colon), own, depth + 1, pieces);
      }
    }
  }

  /** Parts by the outermost pairs of brackets; what closes too much goes on counting below zero, as there. */
  private static List<String> parts(String text) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    int depth = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '(') {
        if (depth++ == 0 && i > from) {
          parts.add(text.substring(from, i));
          from = i;
        }
      } else if (text.charAt(i) == ')' && --depth == 0) {
        parts.add(text.substring(from, i + 1));
        from = i + 1;
      }
    }
    if (from < text.length()) {
      parts.add(text.substring(from));
    }
    return parts;
  }
}
