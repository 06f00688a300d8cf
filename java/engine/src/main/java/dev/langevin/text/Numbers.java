package dev.langevin.text;

import java.util.regex.Pattern;

/** Numbers in prompts, as the web UIs read them. */
final class Numbers {

  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+(_\\d+)*\\.?(\\d+(_\\d+)*)?|\\.\\d+(_\\d+)*)([eE][+-]?\\d+(_\\d+)*)?");

  private static final Pattern WORD = Pattern.compile("[+-]?(inf(inity)?|nan)", Pattern.CASE_INSENSITIVE);

  private Numbers() {}

  /** A number in digits of any script, with white space around it; or null where it is none. */
  static Double parse(String text) {
    StringBuilder digits = new StringBuilder();
    text.strip().codePoints()
        .forEach(c -> digits.appendCodePoint(Character.isDigit(c) ? '0' + Character.digit(c, 10) : c));
    if (DECIMAL.matcher(digits).matches()) {
      return Double.valueOf(digits.toString().replace("_", ""));
    }
    if (WORD.matcher(digits).matches()) {
      return digits.toString().toLowerCase(java.util.Locale.ROOT).contains("nan") ? Double.NaN
          : digits.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    return null;
  }

  /** Where the white space begins that ends at a place. */
  static int blankBefore(String text, int end) {
    int from = end;
    while (from > 0 && blank(text.charAt(from - 1))) {
      from--;
    }
    return from;
  }

  /** Where the white space ends that begins at a place. */
  static int blankAfter(String text, int from) {
    int end = from;
    while (end < text.length() && blank(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean blank(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  /** @throws IllegalArgumentException if single precision has no such number */
  static void requireWeight(double weight) {
    if (!Float.isFinite((float) weight)) {
      throw new IllegalArgumentException(
          "a weight in the prompt is " + weight + ", with which no picture can be computed; give one such as 1.3");
    }
  }
}
