package dev.langevin.cli;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.NamedSamplers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One axis of a grid: what varies along it and its values, as they stand behind {@code --x}, {@code --y} or
 * {@code --z}. Values are parted by commas, one with a comma in it stands in quotation marks; whole numbers may be
 * ranges: {@code 1-5}, {@code 10-50(+10)}, {@code 10-50[5]}.
 *
 * @param kind what varies
 * @param values at least one, checked
 */
record GridAxis(Kind kind, List<String> values) {

  /** What can vary. */
  enum Kind {
    STEPS, GUIDANCE, SAMPLER, SEED, WORDS, LORA, MODEL, STRENGTH, ETA, CLIP_SKIP, SIZE, HIRES_STRENGTH, HIRES_STEPS;

    private String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** An axis that was not asked for: one value of nothing. */
  static final GridAxis NONE = new GridAxis(null, List.of(""));

  private static final int MOST_VALUES = 1000;

  private static final Map<String, Kind> OTHER_NAMES =
      Map.of("cfg", Kind.GUIDANCE, "prompt", Kind.WORDS, "lora-weight", Kind.LORA);

  private static final Pattern RANGE =
      Pattern
          .compile("(-?\\d{1,18})\\s*-\\s*(-?\\d{1,18})\\s*(?:\\(\\s*([+-]?\\d{1,9})\\s*\\)|\\[\\s*(\\d{1,4})\\s*])?");

  /**
   * Reads an option's text.
   *
   * @param option for messages
   * @param text {@code NAME=VALUE,VALUE...}, or null for no such axis
   * @throws IllegalArgumentException naming the value that cannot be
   */
  static GridAxis of(String option, String text) {
    if (text == null) {
      return NONE;
    }
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals).strip().toLowerCase(Locale.ROOT);
    Kind kind = OTHER_NAMES.getOrDefault(name, Arrays.stream(Kind.values()).filter(each -> each.word().equals(name))
        .findFirst().orElse(null));
    if (equals < 0 || kind == null) {
      throw new IllegalArgumentException(
          option + " is '" + text + "', must be an axis and its values, as in steps=10,20;"
              + " axes are " + Arrays.stream(Kind.values()).map(Kind::word).collect(Collectors.joining(", ")));
    }
    List<String> values = new ArrayList<>();
    for (String value : parted(option, text.substring(equals + 1))) {
      values.addAll(kind == Kind.STEPS || kind == Kind.SEED || kind == Kind.CLIP_SKIP || kind == Kind.HIRES_STEPS
          ? range(option, value) : List.of(value));
    }
    if (values.isEmpty() || values.size() > MOST_VALUES) {
      throw new IllegalArgumentException(
          option + " " + name + " has " + values.size() + " values, must have 1 to " + MOST_VALUES);
    }
    for (String value : values) {
      require(option, kind, value);
    }
    return new GridAxis(kind, List.copyOf(values));
  }

  /** The values between commas, without the blanks around them; quotation marks keep commas and are doubled in them. */
  private static List<String> parted(String option, String text) {
    List<String> values = new ArrayList<>();
    StringBuilder value = new StringBuilder();
    boolean quoted = false;
    boolean kept = false; // whether blanks count
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : ',';
      if (quoted && i == text.length()) {
        throw new IllegalArgumentException(option + " has a quotation mark without its second: " + text);
      }
      if (c == '"' && quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        value.append(c);
        i++;
      } else if (c == '"' && (quoted || value.toString().isBlank())) {
        quoted = !quoted;
        kept = true;
        value.setLength(quoted ? 0 : value.length());
      } else if (c == ',' && !quoted) {
        String whole = kept ? value.toString() : value.toString().strip();
        if (kept || !whole.isEmpty() || text.contains(",") && i < text.length()) {
          values.add(whole);
        }
        value.setLength(0);
        kept = false;
      } else {
        value.append(c);
      }
    }
    return values;
  }

  private static List<String> range(String option, String value) {
    Matcher range = RANGE.matcher(value);
    if (!range.matches()) {
      return List.of(value);
    }
    long from = Long.parseLong(range.group(1));
    long to = Long.parseLong(range.group(2));
    List<String> values = new ArrayList<>();
    if (range.group(4) != null) {
      int count = Integer.parseInt(range.group(4));
      for (int i = 0; i < count && values.size() <= MOST_VALUES; i++) {
        values.add(Long.toString(count == 1 ? from : from + Math.round((double) i * (to - from) / (count - 1))));
      }
      return values;
    }
    long step = range.group(3) == null ? Long.signum(to - from) : Long.parseLong(range.group(3).replace("+", ""));
    if (from != to && (step == 0 || Long.signum(step) != Long.signum(to - from))) {
      throw new IllegalArgumentException(
          option + ": the range " + value + " does not come to its end; change its step");
    }
    for (long at = from; (step > 0 ? at <= to : at >= to) && values.size() <= MOST_VALUES; at += step) {
      values.add(Long.toString(at));
      if (from == to) {
        break;
      }
    }
    return values;
  }

  private static void require(String option, Kind kind, String value) {
    try {
      switch (kind) {
        case STEPS -> atLeast(1, Integer.parseInt(value));
        case CLIP_SKIP -> atLeast(1, Integer.parseInt(value));
        case HIRES_STEPS -> atLeast(0, Integer.parseInt(value));
        case SEED -> Long.parseLong(value);
        case GUIDANCE, LORA, STRENGTH, ETA, HIRES_STRENGTH -> {
          if (!Double.isFinite(Double.parseDouble(value))) {
            throw new NumberFormatException();
          }
        }
        case SAMPLER -> NamedSamplers.of(value, null, Compat.DIFFUSERS, Map.of(), false);
        case SIZE -> new Size.Converter().convert(value);
        case WORDS, MODEL -> {}
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(option + ": " + kind.word() + " is '" + value + "', must be a number"
          + (kind == Kind.STEPS || kind == Kind.CLIP_SKIP ? " of at least 1" : ""), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
    } catch (Exception e) {
      throw new IllegalArgumentException(
          option + ": " + kind.word() + " is '" + value + "', which cannot be: " + e.getMessage(), e);
    }
  }

  private static void atLeast(int least, int value) {
    if (value < least) {
      throw new NumberFormatException();
    }
  }

  /** What stands beside a row or over a column. */
  String label(int index) {
    return kind == null ? "" : kind == Kind.WORDS ? values.get(index)
        : kind == Kind.MODEL ? String.valueOf(Path.of(values.get(index)).toAbsolutePath().normalize().getFileName())
        : kind.word() + " " + values.get(index);
  }
}
