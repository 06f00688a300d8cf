package dev.langevin.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Pairs {@code Key: value} of a line, found as by the web UI's pattern {@code \s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|
 * [^,]*)(?:,|$)}, whatever stands between them. Walked by hand, as the pattern takes the square of a line's length.
 */
final class InfotextPairs {

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

  /** A value in quotes is a JSON string; what is none stays as it is. */
  static String unquoted(String value) {
    if (value.length() < 2 || value.charAt(0) != '"' || !value.endsWith("\"")) {
      return value;
    }
    try {
      JsonNode text = RecordedJson.MAPPER.readTree(value);
      return text.isTextual() ? text.textValue() : value;
    } catch (JsonProcessingException e) {
      return value;
    }
  }
}
