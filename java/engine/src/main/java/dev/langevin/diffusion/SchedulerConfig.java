package dev.langevin.diffusion;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.config.Section;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/**
 * Options by name, read with their types: a sampler's {@code scheduler_config.json}, or the options of one run. What
 * there is, and of which type and range, {@link Configurations} declares; all of it is checked here, whether this
 * sampler reads it or not.
 *
 * <p>
 * A missing or null entry takes the declared default, or the one that the reader names where that depends on the class.
 * A value of the wrong type, or outside the allowed ones, is an {@link IllegalArgumentException} that names key, value
 * and what is allowed. Entries that no sampler has are not an error in a configuration file; options of a run are
 * checked by {@link #allowOnly}. Immutable.
 */
public final class SchedulerConfig {

  private final String owner;
  private final Section section;
  private final Map<String, Object> json;
  private final ConfigValues values;

  private SchedulerConfig(String owner, Section section, Map<String, Object> json) {
    this.owner = owner;
    this.section = section;
    this.json = json;
    this.values = ConfigValues.of(section, owner, json);
  }

  /**
   * A sampler's configuration.
   *
   * @param owner who reads the options, for error texts: a class name such as {@code DDIMScheduler}
   * @param values as a JSON parser gives them: String, Boolean, Number, List, null
   * @throws IllegalArgumentException if an entry is not what its field may be
   */
  public static SchedulerConfig of(String owner, Map<String, Object> values) {
    return new SchedulerConfig(owner, Configurations.SCHEDULER, new LinkedHashMap<>(values));
  }

  /** {@link #of} for the options of a run; arrays may also be {@code double[]}. */
  static SchedulerConfig ofRun(String owner, Map<String, Object> values) {
    return new SchedulerConfig(owner, Configurations.SAMPLER_RUN, new LinkedHashMap<>(values));
  }

  /** Who reads the options, for error texts. */
  public String owner() {
    return owner;
  }

  /** The same options without one, for a sampler that has no such option although its relatives do. */
  public SchedulerConfig without(String key) {
    Map<String, Object> fewer = new LinkedHashMap<>(json);
    fewer.remove(key);
    return new SchedulerConfig(owner, section, fewer);
  }

  /** Whether there is an entry that is not null. */
  public boolean has(String key) {
    return values.has(key);
  }

  /**
   * Refuses every option but these: one that nobody reads would change nothing and tell nobody.
   *
   * @throws IllegalArgumentException naming the unknown option and the known ones
   */
  public SchedulerConfig allowOnly(String... keys) {
    Set<String> allowed = new TreeSet<>(Arrays.asList(keys));
    for (String key : json.keySet()) {
      if (!allowed.contains(key)) {
        throw new IllegalArgumentException(
            owner + " has no option " + key + "; it has "
                + (allowed.isEmpty() ? "none here" : String.join(", ", allowed)));
      }
    }
    return this;
  }

  /** A whole number, or what the field is where it is absent. */
  public int integer(String key) {
    return values.integer(key);
  }

  /** A whole number, or where it is absent what the scheduler's class says. */
  public int integer(String key, int byClass) {
    return values.integer(key, byClass);
  }

  /** A number, or what the field is where it is absent. */
  public double number(String key) {
    return values.number(key);
  }

  /** A number, or where it is absent what the scheduler's class says. */
  public double number(String key, double byClass) {
    return values.number(key, byClass);
  }

  /** {@link #number} that may be absent. */
  public OptionalDouble optionalNumber(String key) {
    return values.has(key) ? OptionalDouble.of((Double) values.given(key)) : OptionalDouble.empty();
  }

  /** True or false, or what the field is where it is absent. */
  public boolean flag(String key) {
    return values.flag(key);
  }

  /** True or false, or where it is absent what the scheduler's class says. */
  public boolean flag(String key, boolean byClass) {
    return values.flag(key, byClass);
  }

  /** One of the words that this class allows. */
  public String choice(String key, String byClass, String... allowed) {
    return allowed(key, values.word(key, byClass), allowed);
  }

  /** {@link #choice} where all classes have the same default. */
  public String choiceOf(String key, String... allowed) {
    return allowed(key, values.word(key), allowed);
  }

  private String allowed(String key, String word, String... allowed) {
    if (!List.of(allowed).contains(word)) {
      throw wrong(key, "one of " + String.join(", ", allowed));
    }
    return word;
  }

  /** An array of numbers, or null where there is none. */
  public double[] numbers(String key) {
    return values.given(key) instanceof List<?> list
        ? list.stream().mapToDouble(entry -> ((Number) entry).doubleValue()).toArray() : null;
  }

  /** An option's value as the file has it, for error texts. */
  String shown(String key) {
    return ConfigValues.shown(json, key);
  }

  /** An error that names the key, its value and what is allowed; to be thrown by the caller. */
  public IllegalArgumentException wrong(String key, String allowed) {
    return new IllegalArgumentException(
        owner + ": " + key + " is " + ConfigValues.shown(json, key) + "; it must be " + allowed);
  }
}
