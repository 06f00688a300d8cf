package dev.langevin.settings;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What AUTOMATIC1111 1.10.1 adds to the fields of a text that does not say it. */
final class InfotextDefaults {

  /** Pixels that the first pass of old versions had, and what its sides were multiples of. */
  private static final int FIRST_PASS_PIXELS = 512 * 512;

  private static final int FIRST_PASS_MULTIPLE = 64;

  private static final int USUAL_SIDE = 512;

  private static final Pattern VERSION =
      Pattern.compile("v?(\\d{1,9})(?:\\.(\\d{1,9}))?(?:\\.(\\d{1,9}))?(?:-(\\d{1,9}))?");

  /** Versions as [major, minor, patch, commits behind it], as people install them from the repository. */
  private static final List<Integer> TIMELINES = List.of(1, 6, 0, 0);

  private static final List<Integer> ALPHAS = List.of(1, 7, 0, 225);

  private static final List<Integer> REFINER = List.of(1, 8, 0, 0);

  private InfotextDefaults() {}

  static void complete(Map<String, Object> fields) {
    fields.putIfAbsent("Clip skip", "1");
    if (fields.get("Hypernet") instanceof String name) {
      fields.put("Prompt",
          fields.get("Prompt") + "<hypernet:" + name + ":" + fields.getOrDefault("Hypernet strength", "1.0") + ">");
    }
    if (!fields.containsKey("Hires resize-1")) {
      fields.put("Hires resize-1", 0);
      fields.put("Hires resize-2", 0);
    }
    fields.putIfAbsent("Hires sampler", "Use same sampler");
    fields.putIfAbsent("Hires schedule type", "Use same scheduler");
    fields.putIfAbsent("Hires checkpoint", "Use same checkpoint");
    fields.putIfAbsent("Hires prompt", "");
    fields.putIfAbsent("Hires negative prompt", "");
    fields.putIfAbsent("Mask mode", "Inpaint masked");
    fields.putIfAbsent("Masked content", "original");
    fields.putIfAbsent("Inpaint area", "Whole picture");
    fields.putIfAbsent("Masked area padding", 32);
    firstPass(fields);
    fields.putIfAbsent("RNG", "GPU");
    fields.putIfAbsent("Schedule type", "Automatic");
    fields.putIfAbsent("Schedule max sigma", 0);
    fields.putIfAbsent("Schedule min sigma", 0);
    fields.putIfAbsent("Schedule rho", 0);
    fields.putIfAbsent("VAE Encoder", "Full");
    fields.putIfAbsent("VAE Decoder", "Full");
    fields.putIfAbsent("FP8 weight", "Disable");
    if (!fields.get("FP8 weight").equals("Disable")) {
      fields.putIfAbsent("Cache FP16 weight for LoRA", false);
    }
    // the web UI looks at the prompts as they stood, without the network that it has added
    if (!fields.containsKey("Emphasis") && (Emphasis.isUsedIn(withoutHypernet(fields))
        || Emphasis.isUsedIn((String) fields.get("Negative prompt")))) {
      fields.put("Emphasis", "Original");
    }
    fields.putIfAbsent("Refiner switch by sampling steps", false);
    olderVersions(fields);
  }

  private static String withoutHypernet(Map<String, Object> fields) {
    String prompt = (String) fields.get("Prompt");
    return fields.get("Hypernet") instanceof String ? prompt.substring(0, prompt.lastIndexOf("<hypernet:")) : prompt;
  }

  /** Old versions recorded the enlarged size and that of the first pass. */
  private static void firstPass(Map<String, Object> fields) {
    Integer width = whole(fields.get("First pass size-1"));
    Integer height = whole(fields.get("First pass size-2"));
    if (width == null || height == null) {
      return;
    }
    Integer wide = fields.containsKey("Size-1") ? whole(fields.get("Size-1")) : Integer.valueOf(USUAL_SIDE);
    Integer high = fields.containsKey("Size-2") ? whole(fields.get("Size-2")) : Integer.valueOf(USUAL_SIDE);
    if (wide == null || high == null || wide < 1 || high < 1) {
      return;
    }
    if (width == 0 || height == 0) {
      double scale = Math.sqrt(FIRST_PASS_PIXELS / ((double) wide * high));
      width = (int) Math.ceil(scale * wide / FIRST_PASS_MULTIPLE) * FIRST_PASS_MULTIPLE;
      height = (int) Math.ceil(scale * high / FIRST_PASS_MULTIPLE) * FIRST_PASS_MULTIPLE;
    }
    fields.put("Size-1", width);
    fields.put("Size-2", height);
    fields.put("Hires resize-1", wide);
    fields.put("Hires resize-2", high);
  }

  private static Integer whole(Object value) {
    try {
      return value instanceof String text ? Integer.valueOf(text) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Switches by which newer versions do what older ones did. */
  private static void olderVersions(Map<String, Object> fields) {
    List<Integer> version = version(fields.get("Version"));
    if (version == null) {
      return;
    }
    if (isBefore(version, TIMELINES)) {
      if (((String) fields.get("Prompt")).contains("[")) {
        fields.put("Old prompt editing timelines", true);
      }
      if (List.of("DDIM", "PLMS").contains(fields.getOrDefault("Sampler", ""))) {
        fields.put("Pad conds v0", true);
      }
    }
    if (isBefore(version, ALPHAS)) {
      fields.put("Downcast alphas_cumprod", true);
    }
    if (isBefore(version, REFINER) && fields.get("Refiner") instanceof String) {
      fields.put("Refiner switch by sampling steps", true);
    }
  }

  /** Of {@code v1.7.0-231-g1c2f3b4d}: 1, 7, 0 and 231 commits; null for another form. */
  private static List<Integer> version(Object value) {
    if (!(value instanceof String text)) {
      return null;
    }
    int second = text.indexOf('-', text.indexOf('-') + 1);
    Matcher parts = VERSION.matcher(text.indexOf('-') > 0 && second > 0 ? text.substring(0, second) : text);
    if (!parts.matches()) {
      return null;
    }
    Integer[] numbers = new Integer[4];
    for (int i = 0; i < 4; i++) {
      numbers[i] = parts.group(i + 1) == null ? 0 : Integer.parseInt(parts.group(i + 1));
    }
    return List.of(numbers);
  }

  private static boolean isBefore(List<Integer> version, List<Integer> other) {
    for (int i = 0; i < version.size(); i++) {
      int compared = version.get(i).compareTo(other.get(i));
      if (compared != 0) {
        return compared < 0;
      }
    }
    return false;
  }
}
