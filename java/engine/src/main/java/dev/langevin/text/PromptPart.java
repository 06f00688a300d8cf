package dev.langevin.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of the conditions that the word {@code AND} joins (composable diffusion, arXiv:2206.01714), as AUTOMATIC1111
 * reads it.
 *
 * @param text with all other notation
 * @param weight of its guidance, by a number at its end: {@code a cat :1.2 AND a dog}
 */
public record PromptPart(String text, double weight) {

  private static final Pattern AND = Pattern.compile("\\bAND\\b", Pattern.UNICODE_CHARACTER_CLASS);

  private static final Pattern WEIGHT =
      Pattern.compile("[+-]?(\\d+\\.?|\\d*\\.\\d+)", Pattern.UNICODE_CHARACTER_CLASS);

  /** A prompt's parts, at least one. White space at the end of each is gone. */
  public static List<PromptPart> of(String prompt) {
    List<PromptPart> parts = new ArrayList<>();
    Matcher and = AND.matcher(prompt);
    int from = 0;
    while (and.find()) {
      parts.add(part(prompt.substring(from, and.start())));
      from = and.end();
    }
    parts.add(part(prompt.substring(from)));
    return parts;
  }

  private static PromptPart part(String text) {
    int colon = text.lastIndexOf(':');
    String number = colon < 0 ? "" : text.substring(colon + 1).strip();
    if (!WEIGHT.matcher(number).matches()) {
      return new PromptPart(text.stripTrailing(), 1);
    }
    double weight = Numbers.parse(number);
    Numbers.requireWeight(weight);
    return new PromptPart(text.substring(0, colon).stripTrailing(), weight);
  }
}
