package dev.langevin.diffusion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/**
 * Options by name, read with their types: a sampler's {@code scheduler_config.json}, or the options of one run.
 *
 * <p>A missing or null entry takes the default that the reader names. A value of the wrong type, or outside the allowed
 * ones, is an {@link IllegalArgumentException} that names key, value and what is allowed. Entries that the reader never asks
 * for are not an error in a configuration file, because published files carry the options of several samplers; options of a
 * run are checked by {@link #allowOnly}. Immutable.
 */
public final class SchedulerConfig {

  private final String owner;
  private final Map<String, Object> values;

  private SchedulerConfig(String owner, Map<String, Object> values) {
    this.owner = owner;
    this.values = values;
  }

  /**
   * @param owner who reads the options, for error texts: a class name such as {@code DDIMScheduler}
   * @param values as a JSON parser gives them: String, Boolean, Number, List, null; arrays may also be {@code double[]}
   */
  public static SchedulerConfig of(String owner, Map<String, Object> values) {
    return new SchedulerConfig(owner, new LinkedHashMap<>(values));
  }

  /** Who reads the options, for error texts. */
  public String owner() {
    return owner;
  }

  /** The same options without one, for a sampler that has no such option although its relatives do. */
  public SchedulerConfig without(String key) {
    Map<String, Object> fewer = new LinkedHashMap<>(values);
    fewer.remove(key);
    return new SchedulerConfig(owner, fewer);
  }

  /** Whether there is an entry that is not null. */
  public boolean has(String key) {
    return values.get(key) != null;
  }

  /**
   * Refuses every option but these: one that nobody reads would change nothing and tell nobody.
   *
   * @throws IllegalArgumentException naming the unknown option and the known ones
   */
  public SchedulerConfig allowOnly(String... keys) {
    Set<String> allowed = new TreeSet<>(Arrays.asList(keys));
    for (String key : values.keySet()) {
      if (!allowed.contains(key)) {
        throw new IllegalArgumentException(
            owner + " has no option " + key + "; it has " + (allowed.isEmpty() ? "none here" : String.join(", ", allowed)));
      }
    }
    return this;
  }

  public int integer(String key, int defaultValue) {
    double value = number(key, defaultValue);
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw wrong(key, "a whole number");
    }
    return (int) value;
  }

  /** {@link #integer} with a lower limit. */
  public int integerAtLeast(int minimum, String key, int defaultValue) {
    int value = integer(key, defaultValue);
    if (value < minimum) {
      throw wrong(key, "a whole number of at least " + minimum);
    }
    return value;
  }

  /** A number; infinities and NaN may be written as {@code "inf"}, {@code "-inf"}, {@code "-Infinity"}, {@code "nan"}. */
  public double number(String key, double defaultValue) {
    return optionalNumber(key).orElse(defaultValue);
  }

  /** {@link #number} that may be absent. */
  public OptionalDouble optionalNumber(String key) {
    Object value = values.get(key);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(toDouble(key, value));
  }

  public boolean flag(String key, boolean defaultValue) {
    Object value = values.get(key);
    if (value == null) {
      return defaultValue;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, "true or false");
  }

  /** One of the allowed words. */
  public String choice(String key, String defaultValue, String... allowed) {
    Object value = values.getOrDefault(key, defaultValue);
    if (value == null) {
      value = defaultValue;
    }
    if (value instanceof String word && List.of(allowed).contains(word)) {
      return word;
    }
    throw wrong(key, "one of " + String.join(", ", allowed));
  }

  /** An array of numbers, or null where there is none. */
  public double[] numbers(String key) {
    Object value = values.get(key);
    if (value == null) {
      return null;
    }
    if (value instanceof double[] array) {
      return array.clone();
    }
    if (value instanceof List<?> list) {
      List<Object> elements = new ArrayList<>(list);
      double[] array = new double[elements.size()];
      for (int i = 0; i < array.length; i++) {
        array[i] = toDouble(key, elements.get(i));
      }
      return array;
    }
    throw wrong(key, "an array of numbers");
  }

  /** An error that names the key, its value and what is allowed; to be thrown by the caller. */
  public IllegalArgumentException wrong(String key, String allowed) {
    Object value = values.get(key);
    String shown = value instanceof double[] array ? Arrays.toString(array) : String.valueOf(value);
    return new IllegalArgumentException(owner + ": " + key + " is " + shown + "; it must be " + allowed);
  }

  private double toDouble(String key, Object value) {
    return switch (value) {
      case Number number -> number.doubleValue();
      case String word when word.equalsIgnoreCase("inf") || word.equalsIgnoreCase("infinity") -> Double.POSITIVE_INFINITY;
      case String word when word.equalsIgnoreCase("-inf") || word.equalsIgnoreCase("-infinity") -> Double.NEGATIVE_INFINITY;
      case String word when word.equalsIgnoreCase("nan") -> Double.NaN;
      case null, default -> throw wrong(key, "a number");
    };
  }
}
