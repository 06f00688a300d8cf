package dev.langevin.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoublePredicate;
import java.util.function.UnaryOperator;

/**
 * What a key of a run's file may be.
 *
 * @param allowed in words, to go after "must be"
 * @param reader the value in its own type, or null where it is none of the allowed; nothing is rounded or cut
 */
record SettingType(String allowed, UnaryOperator<JsonNode> reader) {

  /** YAML takes 1e-4 for a word, as it has no point. */
  private static final String NUMBER = "[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?";

  /** A whole number, written in any way: 1000, 1e3. */
  static SettingType whole(long least, long most) {
    String range = most == Long.MAX_VALUE ? least == Long.MIN_VALUE ? "" : " from " + least + " on"
        : " from " + least + " to " + most;
    return new SettingType("a whole number" + range, value -> {
      try {
        BigDecimal number = number(value);
        long whole = number == null ? 0 : number.longValueExact();
        return number != null && whole >= least && whole <= most ? LongNode.valueOf(whole) : null;
      } catch (ArithmeticException e) { // a fraction, or beyond 64 bits
        return null;
      }
    });
  }

  static SettingType number(double least, double most) {
    return number("a number from " + shown(least) + " to " + shown(most), n -> n >= least && n <= most);
  }

  static SettingType atLeast(double least) {
    return number("a number from " + shown(least) + " on", n -> n >= least);
  }

  static SettingType above(double limit) {
    return number("a number above " + shown(limit), n -> n > limit);
  }

  /** From 0 on, below 1. */
  static SettingType decay() {
    return number("a number from 0 on, below 1", n -> n >= 0 && n < 1);
  }

  private static SettingType number(String allowed, DoublePredicate fits) {
    return new SettingType(allowed, value -> {
      BigDecimal number = number(value);
      double read = number == null ? Double.NaN : number.doubleValue();
      return Double.isFinite(read) && fits.test(read) ? DoubleNode.valueOf(read) : null;
    });
  }

  /** Null where it is none. */
  static BigDecimal number(JsonNode value) {
    boolean written = value.isTextual() && value.asText().length() < 40 && value.asText().matches(NUMBER);
    if (!written && !(value.isNumber() && Double.isFinite(value.doubleValue()))) {
      return null;
    }
    BigDecimal number = written ? new BigDecimal(value.asText()) : value.decimalValue();
    return Math.abs((long) number.scale()) > 400 ? null : number; // 1e999999999 as a whole number takes for ever
  }

  private static String shown(double limit) {
    return limit == Math.rint(limit) ? String.format(Locale.ROOT, "%.0f", limit) : String.valueOf(limit);
  }

  static SettingType flag() {
    return new SettingType("true or false", value -> value.isBoolean() ? value : null);
  }

  static SettingType text() {
    return new SettingType("a text", value -> value.isValueNode() && !value.asText().isBlank()
        ? JsonNodeFactory.instance.textNode(value.asText()) : null);
  }

  static SettingType texts() {
    return new SettingType("a list of texts", list(text()).reader);
  }

  /** Counts from the file's folder. */
  static SettingType path() {
    SettingType text = text();
    return new SettingType("a path, which counts from the file's folder", text.reader);
  }

  static SettingType word(String... words) {
    List<String> known = Arrays.asList(words);
    return new SettingType(String.join(", ", known.subList(0, known.size() - 1)) + " or " + known.getLast(),
        value -> value.isValueNode() && known.contains(value.asText()) ? value : null);
  }

  static SettingType colour() {
    return new SettingType("six hexadecimal digits in quotes, such as \"00ff00\"",
        value -> value.isTextual() && value.asText().matches("[0-9a-fA-F]{6}") ? value : null);
  }

  static SettingType list(SettingType entry) {
    return new SettingType("a list, each entry " + entry.allowed, value -> {
      if (!value.isArray() || value.isEmpty()) {
        return null;
      }
      ArrayNode read = JsonNodeFactory.instance.arrayNode();
      for (JsonNode each : value) {
        JsonNode one = entry.reader.apply(each);
        if (one == null) {
          return null;
        }
        read.add(one);
      }
      return read;
    });
  }
}
