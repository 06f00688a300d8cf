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

  /** A whole number for each of {@code count} blocks, or one for all of them. */
  List<Integer> positivesEach(String key, int byDefault, int count) {
    Object value = values.get(key);
    List<Integer> result = value instanceof List<?>
        ? positives(key, List.of())
        : java.util.Collections.nCopies(count, positive(key, byDefault));
    if (result.size() != count) {
      throw invalid(key, value, "one whole number or " + count + ", one for each block");
    }
    return result;
  }

  /** A flag for each of {@code count} blocks, or one for all of them. */
  List<Boolean> flagsEach(String key, int count) {
    if (!(values.get(key) instanceof List<?> list)) {
      return java.util.Collections.nCopies(count, flag(key, false));
    }
    List<Boolean> result = new ArrayList<>();
    for (Object element : list) {
      if (!(element instanceof Boolean each) || list.size() != count) {
        throw invalid(key, list, "true, false, or one of these for each of " + count + " blocks");
      }
      result.add(each);
    }
    return result;
  }

  /** Refuses an option that this engine has no meaning for. */
  void requireAbsent(String key, Object neutral) {
    Object value = values.get(key);
    if (value != null && !value.equals(neutral) && !(value instanceof Number n && neutral instanceof Number m
        && n.doubleValue() == m.doubleValue())) {
      throw invalid(key, value, neutral + "; models of other values are not supported");
    }
  }

  boolean has(String key) {
    return values.get(key) != null;
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
