package dev.langevin.cli;

import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * A command's options, set by texts that nobody has typed: no text is taken for another option, a file or a command
 * line, and what was given on the command line stays.
 */
final class SettableOptions {

  /** Options that do not change the picture, or stand elsewhere: no field of their name sets them. */
  static final List<String> APART = List.of("--negative", "--count", "--out", "--grid", "--strip", "--from", "--debug",
      "--quiet", "--json", "--batch", "--backend",
      "--help", "--version", "--max-memory", "--prompts", "--weight-cache", "--weight-cache-limit",
      "--allow-nan", "--lora-dir", "--wildcard-dir", "--strict", "--lenient", "--quality", "--model-dir", "--x", "--y",
      "--z", "--hires-scale", "--hires-upscaler", "--hires-strength", "--hires-steps");

  /** Between several values of one option. */
  static final String SEPARATOR = "\n";

  private final CommandSpec spec;

  SettableOptions(CommandSpec spec) {
    this.spec = spec;
  }

  /** The option that a field is named after, which a picture may set; else null. */
  OptionSpec named(String field) {
    String name = field.equals("backend") ? "device" : field; // as it was called before
    OptionSpec option = name.matches("[a-z][a-z-]*") ? spec.findOption("--" + name) : null;
    return option == null || APART.contains(option.longestName()) ? null : option;
  }

  boolean has(String option) {
    return spec.findOption(option) != null;
  }

  /** Whether it stands on the command line. */
  boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  /** An option's value, or null. */
  <T> T value(String option) {
    return spec.findOption(option).getValue();
  }

  /** An option's value as a text, or null. */
  String text(String option) {
    Object value = spec.findOption(option).getValue();
    return value == null ? null : value.toString();
  }

  /** Whether an option's values are files, or begin with one. */
  static boolean namesFile(OptionSpec option) {
    return option.type() == Path.class || option.auxiliaryTypes()[0] == Path.class
        || List.of("--lora", "--embedding").contains(option.longestName());
  }

  /** As {@link #set}, of a value that may be missing. */
  void setIfThere(String option, Object value) {
    if (value != null) {
      set(spec.findOption(option), value.toString());
    }
  }

  /**
   * Sets an option unless it was given.
   *
   * @throws IllegalArgumentException if the text is no value of it; the message says what it is, without the option
   */
  void set(OptionSpec option, String text) {
    if (namesFile(option)) {
      throw new IllegalStateException(option.longestName() + " is set by who types it alone");
    }
    if (isGiven(option.longestName())) {
      return;
    }
    try {
      if (option.isMultiValue()) {
        List<Object> values = new ArrayList<>();
        for (String each : text.split(SEPARATOR, -1)) {
          values.add(value(option, each));
        }
        option.setValue(values);
      } else {
        option.setValue(value(option, text));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is no such number", e);
    } catch (TypeConversionException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + text + "' is not one of its values", e);
    } catch (Exception e) { // picocli's setters may throw anything
      throw new IllegalStateException(option.longestName() + " cannot be set", e);
    }
  }

  private static Object value(OptionSpec option, String text) throws Exception {
    if (option.converters().length > 0) {
      return option.converters()[0].convert(text);
    }
    Class<?> boxed = option.isMultiValue() ? option.auxiliaryTypes()[0] : option.type();
    Class<?> type = boxed.isPrimitive() ? Array.get(Array.newInstance(boxed, 1), 0).getClass() : boxed;
    if (type == String.class) {
      return text;
    } else if (type == Integer.class) {
      return Integer.valueOf(text);
    } else if (type == Long.class) {
      return Long.valueOf(text);
    } else if (type == Double.class) {
      return Double.valueOf(text);
    } else if (type == Boolean.class) {
      return Boolean.valueOf(text);
    } else if (type == Size.class) {
      return new Size.Converter().convert(text);
    } else if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(text.toUpperCase(Locale.ROOT).replaceAll("[ -]", "_"))) {
          return constant;
        }
      }
      throw new IllegalArgumentException();
    }
    throw new IllegalStateException("there is no way to read a " + type);
  }
}
