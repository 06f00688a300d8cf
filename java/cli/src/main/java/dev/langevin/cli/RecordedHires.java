package dev.langevin.cli;

import dev.langevin.policy.Findings;
import dev.langevin.settings.RecordedSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The second pass at a larger size that a web UI's picture records. */
final class RecordedHires {

  private static final String FIELD = "Hires ";

  /** Width and height, in the place of a factor. */
  private static final String SIZE = FIELD + "resize";

  private final RecordedSettings recorded;
  private final Map<String, String> fields;

  RecordedHires(RecordedSettings recorded) {
    this.recorded = recorded;
    fields = recorded.rest().entrySet().stream().filter(field -> isField(field.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, other) -> other, TreeMap::new));
  }

  static boolean isField(String name) {
    return name.startsWith(FIELD);
  }

  /** Whether there was one, whose strength the Denoising strength is then. */
  boolean isThere() {
    return fields.containsKey(HiresOptions.SCALE) || fields.containsKey(SIZE)
        || fields.containsKey(HiresOptions.UPSCALER);
  }

  /** Sets the options of the pass; what they cannot say is told of. */
  void apply(Path from, SettableOptions options, Findings findings) {
    if (!isThere()) {
      return;
    }
    String scale = scale();
    if (scale == null) {
      findings.changes(from + " was enlarged by a second pass that makes no factor of the size (" + words(fields)
          + "); give --hires-scale");
      return;
    }
    options.setIfThere("--hires-scale", scale);
    options.setIfThere("--hires-strength", recorded.denoise());
    String steps = fields.getOrDefault(HiresOptions.STEPS, "0");
    if (steps.matches("\\d{1,9}")) {
      options.setIfThere("--hires-steps", Integer.valueOf(steps));
    } else {
      findings.changes(from + " records " + HiresOptions.STEPS + ": " + steps + ", which is no number; give"
          + " --hires-steps");
    }
    String upscaler = fields.get(HiresOptions.UPSCALER);
    if (upscaler != null && HiresOptions.isKnown(upscaler)) {
      options.setIfThere("--hires-upscaler", upscaler);
    } else if (upscaler != null && !options.isGiven("--hires-upscaler")) {
      findings.changes(from + " was made with --hires-upscaler " + upscaler + "; say where that lies with"
          + " --hires-upscaler, a picture's own words are not followed");
    }
    Map<String, String> others = new TreeMap<>(fields);
    others.keySet().removeAll(List.of(HiresOptions.SCALE, SIZE, HiresOptions.STEPS, HiresOptions.UPSCALER));
    others.remove(FIELD + "checkpoint", recorded.model() + " [" + recorded.modelHash() + "]");
    others.values().removeIf(value -> value.isEmpty() || value.startsWith("Use same") || value.equals("0"));
    if (!others.isEmpty()) {
      findings.changes(from + " was enlarged by a second pass with " + words(others) + ", which it does not have of its"
          + " own here");
    }
  }

  /** How many times larger; null where the sides grow by different shares, or are not said. */
  private String scale() {
    String scale = fields.get(HiresOptions.SCALE);
    if (scale != null) {
      return scale.matches("\\d{1,4}(\\.\\d{1,9})?") ? scale : null;
    }
    String[] sides = fields.getOrDefault(SIZE, "").split("x");
    if (sides.length != 2 || recorded.width() == null || recorded.height() == null) {
      return null;
    }
    double wide = number(sides[0]) / recorded.width();
    double high = number(sides[1]) / recorded.height();
    return wide == high || high == 0 ? String.valueOf(wide) : wide == 0 ? String.valueOf(high) : null;
  }

  private static double number(String digits) {
    return digits.matches("\\d{1,9}") ? Integer.parseInt(digits) : Double.NaN;
  }

  private static String words(Map<String, String> fields) {
    return fields.entrySet().stream().map(field -> field.getKey() + ": " + field.getValue())
        .collect(Collectors.joining(", "));
  }
}
