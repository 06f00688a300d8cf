package dev.langevin.settings;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a prompt weights words in AUTOMATIC1111's syntax, so that its settings name a way of doing so. */
final class Emphasis {

  private static final Pattern TOKEN =
      Pattern.compile("\\\\[()\\[\\]\\\\]?|[(\\[)\\]]|:\\s*([+-]?[.\\d]+)\\s*\\)|[^\\\\()\\[\\]:]++|:");

  private static final Pattern ONLY_BREAK = Pattern.compile("\\bBREAK\\b");

  private static final double STEP = 1.1;

  /** Multiplications after which a prompt counts as weighted, as only one of thousands of brackets needs them. */
  private static final int MOST = 10_000_000;

  private Emphasis() {}

  static boolean isUsedIn(String prompt) {
    List<Double> weights = new ArrayList<>(); // of each run of text
    Deque<Integer> round = new ArrayDeque<>();
    Deque<Integer> square = new ArrayDeque<>();
    long work = 0;
    Matcher token = TOKEN.matcher(prompt);
    while (token.find()) {
      String text = token.group();
      if (text.equals("(")) {
        round.push(weights.size());
      } else if (text.equals("[")) {
        square.push(weights.size());
      } else if (token.group(1) != null && !round.isEmpty()) {
        work += weights.size() - round.peek();
        multiply(weights, round.pop(), factor(token.group(1)));
      } else if (text.equals(")") && !round.isEmpty()) {
        work += weights.size() - round.peek();
        multiply(weights, round.pop(), STEP);
      } else if (text.equals("]") && !square.isEmpty()) {
        work += weights.size() - square.peek();
        multiply(weights, square.pop(), 1 / STEP);
      } else {
        int parts = text.charAt(0) == '\\' ? 1 : ONLY_BREAK.split(text, -1).length;
        for (int i = 0; i < parts; i++) {
          weights.add(1.0);
        }
      }
      if (work > MOST) {
        return true;
      }
    }
    if (weights.isEmpty()) {
      weights.add(1.0);
    }
    int open = Math.min(round.isEmpty() ? weights.size() : round.peekLast(),
        square.isEmpty() ? weights.size() : square.peekLast());
    if ((long) (round.size() + square.size()) * (weights.size() - open) > MOST) {
      return true;
    }
    round.forEach(from -> multiply(weights, from, STEP));
    square.forEach(from -> multiply(weights, from, 1 / STEP));
    return weights.stream().anyMatch(weight -> weight != 1);
  }

  private static double factor(String number) {
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      return STEP; // the web UI fails at such
    }
  }

  private static void multiply(List<Double> weights, int from, double factor) {
    weights.subList(from, weights.size()).replaceAll(weight -> weight * factor);
  }
}
