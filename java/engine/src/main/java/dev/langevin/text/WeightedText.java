package dev.langevin.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A prompt in the syntax of web UIs, taken apart. {@code (text)} weighs 1.1 times as much, {@code [text]} 1.1 times
 * less, {@code (text:1.3)} 1.3 times; brackets nest, and one that is never closed reaches to the end. {@code \(} and
 * its like stand for the bracket itself. The word {@code BREAK} ends a chunk of tokens. Every text has a meaning: what
 * is no syntax stands for itself.
 *
 * @param text without the syntax
 * @param weight of its tokens; NaN for {@code BREAK}, which has no text
 */
record WeightedText(String text, float weight) {

  private static final float STEP = 1.1f;

  /** No weight is beyond this, so that no depth of brackets makes an infinite one. */
  private static final float MOST = 1000;

  private static final Pattern EXPLICIT = Pattern.compile(":\\s*([+-]?(?:\\d+\\.?\\d*|\\.\\d+))\\s*\\)");

  private static final Pattern BREAK = Pattern.compile("\\s*\\bBREAK\\b\\s*");

  private static final WeightedText END_OF_CHUNK = new WeightedText("", Float.NaN);

  boolean endsChunk() {
    return Float.isNaN(weight);
  }

  /** A bracket or a run of text; brackets have a factor that is known once the bracket is closed. */
  private static final class Part {
    final char bracket; // 0 for text
    final StringBuilder text = new StringBuilder();
    float factor;

    Part(char bracket, float factor) {
      this.bracket = bracket;
      this.factor = factor;
    }
  }

  /** Takes time in proportion to the prompt's length, however deep its brackets nest. */
  static List<WeightedText> parse(String prompt) {
    Deque<Float> round = new ArrayDeque<>(List.of(1f)); // products of the factors of the open brackets of each kind
    Deque<Float> square = new ArrayDeque<>(List.of(1f));
    List<WeightedText> pieces = new ArrayList<>();
    StringBuilder run = new StringBuilder(); // text of one weight, over any brackets in between
    float weight = 1;
    for (Part part : parts(prompt)) {
      switch (part.bracket) {
        case '(' -> round.push(round.peek() * part.factor);
        case '[' -> square.push(square.peek() * part.factor);
        case ')' -> round.pop();
        case ']' -> square.pop();
        default -> {
          float own = Math.clamp(round.peek() * square.peek(), -MOST, MOST);
          if (own != weight) {
            add(pieces, run, weight);
            weight = own;
          }
          run.append(part.text);
        }
      }
    }
    add(pieces, run, weight);
    return pieces;
  }

  private static void add(List<WeightedText> pieces, StringBuilder run, float weight) {
    String[] between = BREAK.split(run, -1);
    for (int i = 0; i < between.length; i++) {
      if (i > 0) {
        pieces.add(END_OF_CHUNK);
      }
      if (!between[i].isEmpty()) {
        pieces.add(new WeightedText(between[i], weight));
      }
    }
    run.setLength(0);
  }

  private static List<Part> parts(String prompt) {
    List<Part> parts = new ArrayList<>();
    Deque<Part> round = new ArrayDeque<>();
    Deque<Part> square = new ArrayDeque<>();
    Matcher explicit = EXPLICIT.matcher(prompt);
    for (int i = 0; i < prompt.length(); i++) {
      char c = prompt.charAt(i);
      if (c == '\\' && i + 1 < prompt.length() && "()[]\\".indexOf(prompt.charAt(i + 1)) >= 0) {
        text(parts).append(prompt.charAt(++i));
      } else if (c == '(') {
        round.push(open(parts, c, STEP));
      } else if (c == '[') {
        square.push(open(parts, c, 1 / STEP));
      } else if (c == ':' && !round.isEmpty() && explicit.region(i, prompt.length()).lookingAt()) {
        round.pop().factor = Float.parseFloat(explicit.group(1));
        parts.add(new Part(')', 1));
        i = explicit.end() - 1;
      } else if (c == ')' && !round.isEmpty()) {
        round.pop();
        parts.add(new Part(')', 1));
      } else if (c == ']' && !square.isEmpty()) {
        square.pop();
        parts.add(new Part(']', 1));
      } else {
        text(parts).append(c);
      }
    }
    return parts;
  }

  private static Part open(List<Part> parts, char bracket, float factor) {
    Part part = new Part(bracket, factor);
    parts.add(part);
    return part;
  }

  private static StringBuilder text(List<Part> parts) {
    if (parts.isEmpty() || parts.getLast().bracket != 0) {
      parts.add(new Part((char) 0, 1));
    }
    return parts.getLast().text;
  }
}
