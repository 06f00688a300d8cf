package dev.langevin.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How a picture was made, in the text that web UIs write under {@link #KEYWORD}: the prompt, a line with the negative
 * one, and a line of {@code Key: value} pairs such as
 * {@code Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512}.
 *
 * @param fields in their order; values with commas, colons, quotes or line ends are quoted in the text
 */
public record GenerationParameters(String prompt, String negativePrompt, Map<String, String> fields) {

  /** Keyword of the text in a PNG. */
  public static final String KEYWORD = "parameters";

  private static final String NEGATIVE = "Negative prompt: ";

  private static final Pattern FIELD =
      Pattern.compile("\\s*(\\w[\\w \\-/]*):\\s*(\"(?:\\\\.|[^\\\\\"])*+\"|[^,]*)(?:,|$)");

  /** Words of samplers' names whose capitals are not those of a name. */
  private static final Map<String, String> WORDS =
      Map.of("dpmpp", "DPM++", "dpm2", "DPM2", "a", "a", "euler", "Euler", "heun", "Heun",
          "karras", "Karras", "unipc", "UniPC");

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

  /** Reads such a text; what has no line of fields is a prompt alone. */
  public static GenerationParameters parse(String text) {
    String rest = text.stripTrailing();
    int last = rest.lastIndexOf('\n');
    Map<String, String> fields = fields(rest.substring(last + 1));
    if (fields.isEmpty()) {
      last = rest.length();
    }
    String prompts = rest.substring(0, Math.max(0, last));
    int negative = prompts.startsWith(NEGATIVE) ? 0 : prompts.indexOf('\n' + NEGATIVE);
    if (negative < 0) {
      return new GenerationParameters(prompts, "", fields);
    }
    int from = negative == 0 && prompts.startsWith(NEGATIVE) ? NEGATIVE.length() : negative + 1 + NEGATIVE.length();
    return new GenerationParameters(prompts.substring(0, negative), prompts.substring(from), fields);
  }

  /** The pairs of a line, or none where it is not made of such alone. */
  private static Map<String, String> fields(String line) {
    Map<String, String> fields = new LinkedHashMap<>();
    Matcher field = FIELD.matcher(line);
    int at = 0;
    while (at < line.length() && field.region(at, line.length()).lookingAt()) {
      fields.put(field.group(1), unquoted(field.group(2).strip()));
      at = field.end();
    }
    return at == line.length() && fields.containsKey("Steps") ? fields : Map.of();
  }

  private static String unquoted(String value) {
    if (value.length() < 2 || value.charAt(0) != '"' || !value.endsWith("\"")) {
      return value;
    }
    StringBuilder plain = new StringBuilder();
    for (int i = 1; i < value.length() - 1; i++) {
      char c = value.charAt(i);
      if (c == '\\' && i < value.length() - 2) {
        c = value.charAt(++i);
        c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
      }
      plain.append(c);
    }
    return plain.toString();
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

  /**
   * The engine's short name of what web UIs call a sampler; newer ones name its noise levels apart, as
   * {@code Schedule type}.
   */
  public String sampler() {
    String label = fields.get("Sampler");
    if (label == null) {
      return null;
    }
    String name = label.toLowerCase(Locale.ROOT).replace("dpm++", "dpmpp").replace(' ', '_');
    return "Karras".equalsIgnoreCase(fields.get("Schedule type")) && !name.endsWith("karras") ? name + "_karras" : name;
  }
}
