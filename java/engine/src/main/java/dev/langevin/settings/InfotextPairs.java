package dev.langevin.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * Pairs {@code Key: value} of a line, found as by the web UI's pattern {@code \s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|
 * [^,]*)(?:,|$)}, whatever stands between them. Walked by hand, as the pattern takes the square of a line's length.
 */
final class InfotextPairs {

  /** Letters behind a backslash, and what they stand for. */
  private static final String ESCAPES = "\"\\/bfnrt";

  private static final String ESCAPED = "\"\\/\b\f\n\r\t";

  private InfotextPairs() {}

  /** Keys with their values, which may be quoted still. */
  static List<String[]> find(String line) {
    List<String[]> pairs = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      int end = at;
      while (end < line.length() && isOfKey(line.codePointAt(end))) {
        end += Character.charCount(line.codePointAt(end));
      }
      if (end == line.length()) {
        break;
      }
      int key = at;
      while (key < end && !isWord(line.codePointAt(key))) {
        key++;
      }
      if (line.charAt(end) != ':' || key == end || line.codePointCount(key, end) < 2) {
        at = end + Character.charCount(line.codePointAt(end));
        continue;
      }
      int value = end + 1;
      while (value < line.length() && Infotext.isSpace(line.charAt(value))) {
        value++;
      }
      int after = quotedEnd(line, value);
      if (after < 0) {
        after = line.indexOf(',', value);
        after = after < 0 ? line.length() : after;
      }
      pairs.add(new String[] {line.substring(key, end), line.substring(value, after)});
      at = after + 1; // behind the comma
    }
    return pairs;
  }

  /** Where a quoted value ends, which a comma or the line's end follows; else -1. */
  private static int quotedEnd(String line, int from) {
    if (from >= line.length() || line.charAt(from) != '"') {
      return -1;
    }
    for (int i = from + 1; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '"') {
        boolean ends = i > from + 1 && (i + 1 == line.length() || line.charAt(i + 1) == ',');
        return ends ? i + 1 : -1;
      }
    }
    return -1;
  }

  private static boolean isOfKey(int c) {
    return isWord(c) || c == ' ' || c == '-' || c == '/';
  }

  /** As Python's {@code \w}: letters and numbers of every script, but no marks. */
  private static boolean isWord(int c) {
    int type = Character.getType(c);
    return c == '_' || Character.isLetterOrDigit(c) || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  /** A value in quotes is a JSON string (RFC 8259, section 7); what is none stays as it is. */
  static String unquoted(String value) {
    if (value.length() < 2 || value.charAt(0) != '"' || !value.endsWith("\"")) {
      return value;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 1; i < value.length() - 1; i++) {
      char c = value.charAt(i);
      if (c == '\\' && i < value.length() - 2) {
        int letter = value.charAt(++i) == 'u' ? hexadecimal(value, i + 1) : ESCAPES.indexOf(value.charAt(i));
        if (letter < 0) {
          return value;
        }
        text.append(value.charAt(i) == 'u' ? (char) letter : ESCAPED.charAt(letter));
        i += value.charAt(i) == 'u' ? 4 : 0;
      } else if (c == '\\' || c == '"' || c < ' ') {
        return value;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** Four digits in front of the closing quote, or -1. */
  private static int hexadecimal(String value, int from) {
    int number = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = i < value.length() - 1 ? Character.digit(value.charAt(i), 16) : -1;
      if (digit < 0 || value.charAt(i) > 'f') {
        return -1;
      }
      number = number << 4 | digit;
    }
    return number;
  }
}
