package dev.langevin.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoublePredicate;
import java.util.function.Function;

/**
 * What a field may be.
 *
 * @param allowed in words, to go after "must be"
 * @param reader the value that a parsed one stands for, or null where it is none of the allowed
 */
public record Type(String allowed, Function<Object, Object> reader) {

  /** A whole number, as Integer; 3.0 is one too. */
  static Type whole(int least, int most) {
    return new Type("a whole number from " + least + " to " + most, value -> {
      boolean fits = value instanceof Number number && number.doubleValue() == Math.rint(number.doubleValue())
          && number.doubleValue() >= least && number.doubleValue() <= most;
      return fits ? (Object) ((Number) value).intValue() : null;
    });
  }

  /** An odd whole number from 1 on, as Integer. */
  static Type odd(int most) {
    Type whole = whole(1, most);
    return new Type("an odd number from 1 to " + most,
        value -> whole.reader.apply(value) instanceof Integer number && number % 2 == 1 ? number : null);
  }

  /** A finite number, as Double. */
  static Type number(double least, double most) {
    return number("a number from " + shown(least) + " to " + shown(most), value -> value >= least && value <= most);
  }

  /** A number, or an infinity as files write it, as Double. */
  static Type numberOrInfinity() {
    return number("a number, inf or -inf", value -> !Double.isNaN(value));
  }

  private static Type number(String allowed, DoublePredicate fits) {
    return new Type(allowed, value -> {
      double number = switch (value) {
        case Number n -> n.doubleValue();
        case String word when word.matches("(?i)inf(inity)?") -> Double.POSITIVE_INFINITY;
        case String word when word.matches("(?i)-inf(inity)?") -> Double.NEGATIVE_INFINITY;
        case null, default -> Double.NaN;
      };
      return fits.test(number) ? (Object) number : null;
    });
  }

  private static String shown(double limit) {
    return limit == 0 ? "0"
        : new BigDecimal(Double.toString(limit)).stripTrailingZeros().toString().replace("E+", "e").replace("E", "e");
  }

  static Type flag() {
    return new Type("true or false", value -> value instanceof Boolean ? value : null);
  }

  static Type text() {
    return new Type("a text", value -> value instanceof String ? value : null);
  }

  static Type word(String... words) {
    return new Type(words.length == 1 ? words[0] : "one of " + String.join(", ", words),
        value -> value instanceof String word && Arrays.asList(words).contains(word) ? word : null);
  }

  /** A JSON object, as Map. */
  static Type object() {
    return new Type("an object", value -> value instanceof Map ? value : null);
  }

  /** Whatever it is: its reader refuses it, or does not look at it. */
  static Type any() {
    return new Type("anything", value -> value);
  }

  /** Nothing, or what means nothing: an option that this engine has no meaning for. */
  static Type only(Object neutral) {
    String allowed = (neutral == null ? "null" : neutral) + "; models of other values are not supported";
    return new Type(allowed, value -> value instanceof Number n && neutral instanceof Number m
        ? n.doubleValue() == m.doubleValue() ? neutral : null
        : Objects.equals(value, neutral) ? value : null);
  }

  /** A list with an entry for each block. */
  Type list() {
    return list(Limits.BLOCKS);
  }

  /** A list that is not empty. */
  Type list(int most) {
    return new Type("a list of 1 to " + most + " entries, each " + allowed, value -> {
      if (value instanceof double[] array) {
        return list(most).reader.apply(Arrays.stream(array).boxed().toList());
      }
      if (!(value instanceof List<?> list) || list.isEmpty() || list.size() > most) {
        return null;
      }
      List<Object> entries = new ArrayList<>(list.size());
      for (Object entry : list) {
        Object read = reader.apply(entry);
        if (read == null) {
          return null;
        }
        entries.add(read);
      }
      return entries;
    });
  }

  /** A list, which may be empty. */
  Type listOrNone() {
    Type list = list(Limits.TIMESTEPS);
    return new Type("a list, each entry " + allowed,
        value -> value instanceof List<?> none && none.isEmpty() ? none : list.reader.apply(value));
  }

  /** This or another. */
  Type or(Type other) {
    return new Type(allowed + " or " + other.allowed, value -> {
      Object read = reader.apply(value);
      return read != null ? read : other.reader.apply(value);
    });
  }

  /** One of these, or a list of two that are equal: the sides of a square. */
  Type orPair() {
    return new Type(allowed + ", or a list of two such that are equal", value -> {
      if (!(value instanceof List<?> sides)) {
        return reader.apply(value);
      }
      Object side = sides.size() == 2 ? reader.apply(sides.get(0)) : null;
      return side != null && side.equals(reader.apply(sides.get(1))) ? side : null;
    });
  }

  /** One of these, or a list of them. */
  Type orList() {
    Type list = list();
    return new Type(allowed + ", or a list of such",
        value -> value instanceof List<?> ? list.reader.apply(value) : reader.apply(value));
  }
}
