package dev.langevin.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A piece of a prompt and what its tokens weigh.
 *
 * <p>
 * AUTOMATIC1111's notation: {@code (text)} weighs 1.1 times as much, {@code [text]} 1.1 times less, {@code (text:1.3)}
 * 1.3 times; brackets multiply where they nest, and one that is never closed reaches to the end. A backslash makes the
 * bracket behind it a letter. The word {@code BREAK} ends a chunk of tokens.
 *
 * @param text without the notation
 * @param weight finite, also in single precision
 */
public record WeightedText(String text, double weight) {

  private static final double STEP = 1.1;

  /** What {@code BREAK} weighs while no bracket is around it; within brackets it is a word like others, as there. */
  private static final double OF_BREAK = -1;

  private static final Pattern EXPLICIT =
      Pattern.compile(":\\s*([+-]?[.\\d]+)\\s*\\)", Pattern.UNICODE_CHARACTER_CLASS);

  private static final Pattern BREAK =
      Pattern.compile("\\bBREAK\\b", Pattern.UNICODE_CHARACTER_CLASS);

  /** More multiplications than any prompt of a person takes; beyond, a text of brackets alone would take minutes. */
  private static final long MOST_FACTORS = 50_000_000;

  /** Whether this is the word {@code BREAK} that ends a chunk. */
  public boolean endsChunk() {
    return weight == OF_BREAK && text.equals("BREAK");
  }

  /**
   * Takes AUTOMATIC1111's notation apart, with its order of multiplication and rounding.
   *
   * @return at least one piece, none like its neighbour in weight
   * @throws IllegalArgumentException if a weight is no number, as there, or is infinite
   */
  public static List<WeightedText> parse(String prompt) {
    Reader reader = new Reader();
    Matcher explicit = EXPLICIT.matcher(prompt);
    int from = 0;
    while (from < prompt.length()) {
      int end = from + 1;
      switch (prompt.charAt(from)) {
        case '\\' -> {
          boolean escapes = end < prompt.length() && "()[]\\".indexOf(prompt.charAt(end)) >= 0;
          end += escapes ? 1 : 0;
          reader.add(prompt.substring(from + 1, end), 1);
        }
        case '(' -> reader.round.push(reader.texts.size());
        case '[' -> reader.square.push(reader.texts.size());
        case ')' -> reader.close(reader.round, STEP, ")");
        case ']' -> reader.close(reader.square, 1 / STEP, "]");
        case ':' -> {
          if (explicit.region(from, prompt.length()).lookingAt()) {
            end = explicit.end();
            reader.close(reader.round, explicit.group(1), explicit.group());
          } else {
            reader.text(":");
          }
        }
        default -> {
          while (end < prompt.length() && "\\()[]:".indexOf(prompt.charAt(end)) < 0) {
            end++;
          }
          reader.text(prompt.substring(from, end));
        }
      }
      from = end;
    }
    return reader.finish();
  }

  private static final class Reader {

    final List<String> texts = new ArrayList<>();
    double[] weights = new double[16];
    final Deque<Integer> round = new ArrayDeque<>(); // where the open brackets begin
    final Deque<Integer> square = new ArrayDeque<>();
    long factors;

    void add(String text, double weight) {
      texts.add(text);
      if (texts.size() > weights.length) {
        weights = Arrays.copyOf(weights, 2 * weights.length);
      }
      weights[texts.size() - 1] = weight;
    }

    void text(String run) {
      Matcher word = BREAK.matcher(run);
      int from = 0;
      while (word.find()) {
        add(run.substring(from, Math.max(from, Numbers.blankBefore(run, word.start()))), 1);
        add("BREAK", OF_BREAK);
        from = Numbers.blankAfter(run, word.end());
      }
      add(run.substring(from), 1);
    }

    void close(Deque<Integer> open, double factor, String text) {
      if (open.isEmpty()) {
        text(text);
      } else {
        multiply(open.pop(), factor);
      }
    }

    void close(Deque<Integer> open, String number, String text) {
      if (open.isEmpty()) {
        text(text);
        return;
      }
      Double factor = Numbers.parse(number);
      if (factor == null) {
        throw new IllegalArgumentException("the prompt's weight '" + number
            + "' is no number; write one such as 1.3, or \\( and \\) for brackets that are letters");
      }
      multiply(open.pop(), factor);
    }

    private void multiply(int from, double factor) {
      factors += texts.size() - from;
      if (factors > MOST_FACTORS) {
        throw new IllegalArgumentException(
            "the prompt's brackets nest too deep to be a prompt; write \\( and \\) for those that are letters");
      }
      for (int i = from; i < texts.size(); i++) {
        weights[i] *= factor;
      }
    }

    List<WeightedText> finish() {
      round.descendingIterator().forEachRemaining(from -> multiply(from, STEP));
      square.descendingIterator().forEachRemaining(from -> multiply(from, 1 / STEP));
      List<WeightedText> pieces = new ArrayList<>();
      StringBuilder run = new StringBuilder();
      for (int i = 0; i < texts.size(); i++) {
        double weight = weights[i];
        run.append(texts.get(i));
        if (i + 1 == texts.size() || weights[i + 1] != weight) {
          Numbers.requireWeight(weight);
          pieces.add(new WeightedText(run.toString(), weight));
          run.setLength(0);
        }
      }
      return pieces.isEmpty() ? List.of(new WeightedText("", 1)) : pieces;
    }
  }
}
