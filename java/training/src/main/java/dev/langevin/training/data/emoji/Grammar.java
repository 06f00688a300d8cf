package dev.langevin.training.data.emoji;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** English articles and lists, as far as captions need them. */
final class Grammar {

  private static final Pattern ARTICLE = Pattern.compile("^(?:an?|the) ", Pattern.CASE_INSENSITIVE);
  private static final Pattern INDEFINITE = Pattern.compile("^an? ");

  /** Where the sound differs from the letter. */
  private static final Pattern CONSONANT = Pattern.compile("^(?:one\\b|uni|us[ei]|eu|ufo)", Pattern.CASE_INSENSITIVE);
  private static final Pattern VOWEL = Pattern.compile("^(?:[aeiou]|hour|honest|x-)", Pattern.CASE_INSENSITIVE);
  private static final Pattern PLURAL = Pattern.compile("[^suio]s$");

  private static final List<String> NUMBERS = List.of("no", "one", "two", "three", "four");

  private Grammar() {}

  /** A noun with the indefinite article; without one if it looks plural. */
  static String withArticle(String noun) {
    int of = noun.indexOf(" of ");
    String head = of < 0 ? noun : noun.substring(0, of);
    return PLURAL.matcher(head).find() ? noun : article("a " + noun);
  }

  /** Makes of a leading "a" what the word after it asks for. */
  static String article(String phrase) {
    Matcher indefinite = INDEFINITE.matcher(phrase);
    if (!indefinite.find()) {
      return phrase;
    }
    String rest = phrase.substring(indefinite.end());
    return (VOWEL.matcher(rest).find() && !CONSONANT.matcher(rest).find() ? "an " : "a ") + rest;
  }

  static String withoutArticle(String phrase) {
    return ARTICLE.matcher(phrase).replaceFirst("");
  }

  /** "a, b and c". */
  static String list(List<String> parts) {
    return parts.size() == 1 ? parts.getFirst()
        : String.join(", ", parts.subList(0, parts.size() - 1)) + " and " + parts.getLast();
  }

  /** "a man", "two men". */
  static String counted(int count, String noun) {
    return count == 1 ? article("a " + noun) : NUMBERS.get(count) + " " + plural(noun);
  }

  private static String plural(String noun) {
    return noun.equals("child") ? "children" : noun.endsWith("man") ? noun.substring(0, noun.length() - 2) + "en"
        : noun + "s";
  }
}
