package dev.langevin.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a picture was made, in the text that web UIs write under {@link #KEYWORD}: the prompt, a line with the negative
 * one, and a line of {@code Key: value} pairs such as
 * {@code Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512}. Read by {@code dev.langevin.settings}.
 *
 * @param fields in their order; values with commas, colons, quotes or line ends are quoted in the text
 */
public record GenerationParameters(String prompt, String negativePrompt, Map<String, String> fields) {

  /** Keyword of the text in a PNG. */
  public static final String KEYWORD = "parameters";

  private static final String NEGATIVE = "Negative prompt: ";

  /** Words of samplers' names whose capitals are not those of a name. */
  private static final Map<String, String> WORDS =
      Map.of("dpmpp", "DPM++", "dpm2", "DPM2", "a", "a", "euler", "Euler", "heun", "Heun",
          "karras", "Karras", "unipc", "UniPC");

  /** Copies {@code fields}, in their order. */
  public GenerationParameters {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** The text. */
  public String format() {
    StringBuilder text = new StringBuilder(prompt);
    if (!negativePrompt.isEmpty()) {
      text.append('\n').append(NEGATIVE).append(negativePrompt);
    }
    return text.append('\n')
        .append(fields.entrySet().stream().map(field -> field.getKey() + ": " + quoted(field.getValue()))
            .collect(Collectors.joining(", ")))
        .toString();
  }

  /** As a JSON string where the value would not read back as it is. */
  private static String quoted(String value) {
    if (!value.isEmpty() && value.equals(value.strip())
        && value.chars().noneMatch(c -> c < ' ' || c == 0x85 || ",:\"\\\u00a0".indexOf(c) >= 0)) {
      return value;
    }
    StringBuilder text = new StringBuilder("\"");
    for (char c : value.toCharArray()) {
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        default -> text.append(c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
      }
    }
    return text.append('"').toString();
  }

  /**
   * What web UIs call a sampler of the engine's short names, such as {@code DPM++ 2M Karras}; a class's name stays as
   * it is.
   */
  public static String samplerLabel(String name) {
    if (!name.equals(name.toLowerCase(Locale.ROOT))) {
      return name;
    }
    StringBuilder label = new StringBuilder();
    for (String word : name.split("_")) {
      label.append(label.isEmpty() ? "" : " ").append(WORDS.getOrDefault(word, word.toUpperCase(Locale.ROOT)));
    }
    return label.toString();
  }
}
