package dev.langevin.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one who judges pictures is shown: the pictures in an order that their prompts do not tell, and ten prompts for
 * each, among which is its own. All follows from the prompts and a seed, so that the key need not be written anywhere.
 *
 * @param order the prompt of each picture
 * @param candidates ten for each picture
 */
record JudgeSheets(List<String> order, List<List<String>> candidates) {

  private static final String LETTERS = "abcdefghij";
  private static final Pattern ANSWER = Pattern.compile("\\s*(\\d{1,6})[\\s.:)]+([a-j])\\s*");

  /** @throws IllegalArgumentException if there are not ten prompts of which each is another */
  static JudgeSheets of(List<String> prompts, long seed) {
    List<String> order = new ArrayList<>(prompts.stream().distinct().toList());
    if (order.size() < LETTERS.length() || order.size() < prompts.size()) {
      throw new IllegalArgumentException("there are " + prompts.size() + " prompts, " + order.size()
          + " of them different; give at least " + LETTERS.length() + ", and none twice");
    }
    Random random = new Random(seed);
    Collections.shuffle(order, random);
    List<List<String>> candidates = new ArrayList<>();
    for (String own : order) {
      List<String> others = new ArrayList<>(order);
      others.remove(own);
      Collections.shuffle(others, random);
      List<String> ten = new ArrayList<>(others.subList(0, LETTERS.length() - 1));
      ten.add(random.nextInt(LETTERS.length()), own);
      candidates.add(ten);
    }
    return new JudgeSheets(order, candidates);
  }

  /** The candidates of each picture, a line each, which begins with the picture's number, from 1. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (int n = 0; n < order.size(); n++) {
      text.append(n + 1).append(':');
      for (int i = 0; i < LETTERS.length(); i++) {
        text.append("  ").append(LETTERS.charAt(i)).append(") ").append(candidates.get(n).get(i));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /**
   * The prompt that an answer names for each picture.
   *
   * @param lines a picture's number and a letter each; empty ones, and what is behind a number sign, are passed over
   * @throws IllegalArgumentException if a line says something else, or a picture has not one answer
   */
  List<String> named(List<String> lines) {
    Map<Integer, String> named = new TreeMap<>();
    for (String line : lines) {
      String answer = line.replaceFirst("#.*", "");
      if (answer.isBlank()) {
        continue;
      }
      Matcher matcher = ANSWER.matcher(answer);
      int picture = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
      if (picture < 1 || picture > order.size()) {
        throw new IllegalArgumentException("the answer '" + line + "' is not a picture's number from 1 to "
            + order.size() + " and a letter from a to j, as in '7 c'");
      }
      String prompt = candidates.get(picture - 1).get(LETTERS.indexOf(matcher.group(2)));
      if (named.put(picture, prompt) != null) {
        throw new IllegalArgumentException("picture " + picture + " has two answers; leave one of them");
      }
    }
    for (int picture = 1; picture <= order.size(); picture++) {
      if (!named.containsKey(picture)) {
        throw new IllegalArgumentException("picture " + picture + " has no answer; guess one where none is seen");
      }
    }
    return List.copyOf(named.values());
  }
}
