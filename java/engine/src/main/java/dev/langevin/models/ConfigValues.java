package dev.langevin.models;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Typed access to a model's config.json, as parsed. Errors name the key, the value and what is allowed. */
final class ConfigValues {

  private final Map<String, Object> values;

  ConfigValues(Map<String, Object> values) {
    this.values = values;
  }

  /** A whole number of at least 1. */
  int positive(String key, int byDefault) {
    Integer value = positiveOrNull(key);
    return value != null ? value : byDefault;
  }

  /** A whole number of at least 1, or null where the key is absent or null. */
  Integer positiveOrNull(String key) {
    Object value = values.get(key);
    return value == null ? null : positive(key, value);
  }

  private static int positive(String key, Object value) {
    if (value instanceof Number number && number.doubleValue() == number.intValue() && number.intValue() > 0) {
      return number.intValue();
    }
    throw invalid(key, value, "a whole number of at least 1");
  }

  double number(String key, double byDefault) {
    return switch (values.get(key)) {
      case null -> byDefault;
      case Number number -> number.doubleValue();
      case Object other -> throw invalid(key, other, "a number");
    };
  }

  boolean flag(String key, boolean byDefault) {
    return switch (values.get(key)) {
      case null -> byDefault;
      case Boolean flag -> flag;
      case Object other -> throw invalid(key, other, "true or false");
    };
  }

  /** One of the allowed words; null where the key is absent or null and that is allowed. */
  String word(String key, String byDefault, Set<String> allowed) {
    Object value = values.containsKey(key) ? values.get(key) : byDefault;
    if (value == null || value instanceof String word && allowed.contains(word)) {
      return (String) value;
    }
    throw invalid(key, value, "one of " + allowed.stream().sorted().toList());
  }

  List<Integer> positives(String key, List<Integer> byDefault) {
    List<Integer> result = new ArrayList<>();
    for (Object element : list(key, byDefault)) {
      result.add(positive(key, element));
    }
    return result;
  }

  List<String> words(String key, List<String> byDefault, Set<String> allowed) {
    List<String> result = new ArrayList<>();
    for (Object element : list(key, byDefault)) {
      if (!(element instanceof String word && allowed.contains(word))) {
        throw invalid(key, element, "one of " + allowed.stream().sorted().toList());
      }
      result.add(word);
    }
    return result;
  }

  private List<?> list(String key, List<?> byDefault) {
    return switch (values.get(key)) {
      case null -> byDefault;
      case List<?> list when !list.isEmpty() -> list;
      case Object other -> throw invalid(key, other, "a list that is not empty");
    };
  }

  static IllegalArgumentException invalid(String key, Object value, String allowed) {
    return new IllegalArgumentException("config.json: " + key + " is " + value + ", must be " + allowed);
  }
}
