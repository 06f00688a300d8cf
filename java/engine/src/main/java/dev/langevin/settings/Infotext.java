package dev.langevin.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that AUTOMATIC1111's web UI and many others put into pictures: the prompt, lines of the negative one from
 * {@code Negative prompt:} on, and a last line of {@code Key: value} pairs, which counts as such from three pairs on.
 * Read as version 1.10.1 reads it; every text has a meaning.
 *
 * @param pairs in their order, the last of a key; quoted values without their quotes
 */
public record Infotext(String prompt, String negative, Map<String, String> pairs) {

  /** Pairs that make a line one of parameters. */
  private static final int FEWEST = 3;

  private static final String NEGATIVE = "Negative prompt:";

  private static final Pattern SIZE = Pattern.compile("(\\d+)x(\\d+)\\n?");

  /** Copies {@code pairs}, in their order. */
  public Infotext {
    pairs = Collections.unmodifiableMap(new LinkedHashMap<>(pairs));
  }

  /** Takes time in proportion to the text's length. */
  public static Infotext parse(String text) {
    List<String> lines = new ArrayList<>(Arrays.asList(strip(text).split("\n", -1)));
    List<String[]> found = InfotextPairs.find(lines.getLast());
    Map<String, String> pairs = new LinkedHashMap<>();
    if (found.size() >= FEWEST) {
      lines.removeLast();
      found.stream().filter(pair -> !pair[1].isEmpty()) // a key without a value counts for the three, and is no field
          .forEach(pair -> pairs.put(pair[0], InfotextPairs.unquoted(pair[1])));
    }
    StringBuilder prompt = new StringBuilder();
    StringBuilder negative = new StringBuilder();
    StringBuilder into = prompt;
    for (String each : lines) {
      String line = strip(each);
      if (line.startsWith(NEGATIVE)) {
        into = negative;
        line = strip(line.substring(NEGATIVE.length()));
      }
      into.append(into.isEmpty() ? "" : "\n").append(line);
    }
    return new Infotext(prompt.toString(), negative.toString(), pairs);
  }

  /** As Python strips: every space of Unicode. */
  private static String strip(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isSpace(text.charAt(from))) {
      from++;
    }
    while (from < to && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  /**
   * All fields as the web UI has them when it fills its form: {@code WxH} as two numbers, what is not said with its
   * default, what older versions did otherwise as a switch. Values are texts, or numbers and booleans where the web UI
   * has computed them.
   */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    pairs.forEach((key, value) -> {
      Matcher size = SIZE.matcher(value);
      if (size.matches()) {
        fields.put(key + "-1", size.group(1));
        fields.put(key + "-2", size.group(2));
      } else {
        fields.put(key, value);
      }
    });
    fields.put("Prompt", prompt);
    fields.put("Negative prompt", negative);
    InfotextDefaults.complete(fields);
    return fields;
  }
}
