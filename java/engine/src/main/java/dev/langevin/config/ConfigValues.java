package dev.langevin.config;

import dev.langevin.text.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A configuration that was parsed and found to hold what its {@link Section} allows, in every declared field. A field
 * that is not declared cannot be read. Immutable.
 */
public final class ConfigValues {

  private static final int SHOWN = 80;

  private final Section section;
  private final String where;
  private final Map<String, Object> json;
  private final Map<String, Object> values = new HashMap<>(); // of the declared fields that are there

  private ConfigValues(Section section, String where, Map<String, Object> json) {
    this.section = section;
    this.where = where;
    this.json = json;
  }

  /**
   * Checks every declared field.
   *
   * @throws IllegalArgumentException naming the file's name, the field, its value and what is allowed
   */
  public static ConfigValues of(Section section, Map<String, Object> json) {
    return of(section, section.file(), json);
  }

  /** {@link #of(Section, Map)} with another name for the file. */
  public static ConfigValues of(Section section, String where, Map<String, Object> json) {
    ConfigValues config = new ConfigValues(section, where, json);
    for (Field field : section.fields()) {
      Object value = json.get(field.name());
      if (value != null) {
        Object read = field.type().reader().apply(value);
        if (read == null) {
          throw config.invalid(field.name(), field.type().allowed());
        }
        config.values.put(field.name(), read);
      } else if (field.presence() == Field.Presence.REQUIRED) {
        throw config.invalid(field.name(), field.type().allowed());
      }
    }
    return config;
  }

  /** Whether a field is there and not null. */
  public boolean has(String key) {
    return values.containsKey(section.field(key).name());
  }

  /** The value that the file gives, as it is declared; null where it is absent or null. */
  public Object given(String key) {
    return values.get(section.field(key).name());
  }

  private Object value(String key, Object byClass) {
    Field field = section.field(key);
    boolean given = byClass != null;
    if (given != (field.presence() == Field.Presence.BY_CLASS)) {
      throw new IllegalStateException(
          section.name() + ": " + key + " is declared " + field.presence() + ", which its reader does not know");
    }
    Object value = values.get(key);
    boolean none = field.presence() == Field.Presence.NULLABLE && json.containsKey(key);
    return value != null || none ? value : given ? byClass : field.absent();
  }

  /** A whole number, or what the field is where it is absent. */
  public int integer(String key) {
    return (Integer) value(key, null);
  }

  /** A whole number, or where it is absent what the class says. */
  public int integer(String key, int byClass) {
    return (Integer) value(key, (Object) byClass);
  }

  /** A whole number, or null where there is none. */
  public Integer integerOrNull(String key) {
    return (Integer) value(key, null);
  }

  /** A number, or what the field is where it is absent. */
  public double number(String key) {
    return (Double) value(key, null);
  }

  /** A number, or where it is absent what the class says. */
  public double number(String key, double byClass) {
    return (Double) value(key, (Object) byClass);
  }

  /** True or false, or what the field is where it is absent. */
  public boolean flag(String key) {
    return (Boolean) value(key, null);
  }

  /** True or false, or where it is absent what the class says. */
  public boolean flag(String key, boolean byClass) {
    return (Boolean) value(key, (Object) byClass);
  }

  /** A word, or null where there is none. */
  public String word(String key) {
    return (String) value(key, null);
  }

  /** A word, or where it is absent what the class says. */
  public String word(String key, String byClass) {
    return (String) value(key, (Object) byClass);
  }

  /** A list of whole numbers. */
  public List<Integer> integers(String key) {
    return list(key, Integer.class);
  }

  /** A list of words. */
  public List<String> words(String key) {
    return list(key, String.class);
  }

  private <T> List<T> list(String key, Class<T> type) {
    List<T> entries = new ArrayList<>();
    for (Object entry : (List<?>) value(key, null)) {
      entries.add(type.cast(entry));
    }
    return entries;
  }

  /** An entry for each of {@code count} blocks; one that stands alone is that of all. */
  public List<Integer> integersEach(String key, int count) {
    return each(key, count, Integer.class);
  }

  /** {@link #integersEach} for flags. */
  public List<Boolean> flagsEach(String key, int count) {
    return each(key, count, Boolean.class);
  }

  private <T> List<T> each(String key, int count, Class<T> type) {
    if (!(value(key, null) instanceof List<?> list)) {
      return Collections.nCopies(count, type.cast(value(key, null)));
    }
    if (list.size() != count) {
      throw invalid(key, "one value or " + count + ", one for each of block_out_channels");
    }
    return list(key, type);
  }

  /**
   * Refuses to count more layers than there are tensors, before anything is built of them: each layer has one of its
   * own.
   *
   * @param tensors of the network
   * @throws IllegalArgumentException naming the field that counts too many
   */
  public void requireLayersWithin(int tensors) {
    for (Field field : section.fields()) {
      if (field.layers() && values.containsKey(field.name())) {
        Object value = values.get(field.name());
        long layers = 0;
        for (Object each : value instanceof List<?> list ? list : List.of(value)) {
          layers += (Integer) each;
        }
        if (layers > tensors) {
          throw invalid(field.name(), "at most " + tensors + ", the number of tensors that are there");
        }
      }
    }
  }

  /** What a configuration's field is, and what it must be; to be thrown by the caller. */
  public IllegalArgumentException invalid(String key, String allowed) {
    return new IllegalArgumentException(
        where + ": " + section.field(key).name() + " is " + shown(json, key) + ", must be " + allowed);
  }

  /** A field's value for a message: short, on one line, as it stands in the file. */
  public static String shown(Map<String, Object> json, String key) {
    if (!json.containsKey(key)) {
      return "missing";
    }
    Object value = json.get(key);
    String text = switch (value) {
      case double[] array -> Arrays.toString(array);
      case String word when word.isBlank() -> "'" + word + "'";
      case null, default -> String.valueOf(value);
    };
    return Printable.of(text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text);
  }
}
