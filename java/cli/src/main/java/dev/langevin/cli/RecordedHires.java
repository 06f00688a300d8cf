package dev.langevin.cli;

import dev.langevin.policy.Findings;
import dev.langevin.settings.RecordedSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The second pass at a larger size that a web UI's picture records: the one place where its fields are known.
 */
final class RecordedHires {

  private static final String FIELD = "Hires ";

  private static final String SCALE = FIELD + "upscale";
  private static final String SIZE = FIELD + "resize";
  private static final String STEPS = FIELD + "steps";
  private static final String UPSCALER = FIELD + "upscaler";

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
    return fields.containsKey(SCALE) || fields.containsKey(SIZE) || fields.containsKey(UPSCALER);
  }

  /** Sets the options of the pass; what they cannot say is told of. */
  void apply(Path from, SettableOptions options, Findings findings) {
    if (!isThere()) {
      return;
    }
    String scale = scale();
    if (scale == null) {
      findings.changes(from + " was enlarged by a second pass whose factor is not told, or differs between width and"
          + " height (" + words() + "); give --hires-scale");
      return;
    }
    options.setIfThere("--hires-scale", scale);
    options.setIfThere("--hires-strength", recorded.denoise());
    options.setIfThere("--hires-steps", fields.get(STEPS));
    String upscaler = fields.getOrDefault(UPSCALER, "Latent");
    if (HiresOptions.isKnown(upscaler)) {
      options.setIfThere("--hires-upscaler", upscaler);
    } else if (!options.isGiven("--hires-upscaler")) {
      findings.changes(from + " was made with --hires-upscaler " + upscaler + "; say where that lies with"
          + " --hires-upscaler, a picture's own words are not followed");
    }
    List<String> known = List.of(SCALE, SIZE, STEPS, UPSCALER);
    String others = fields.entrySet().stream().filter(field -> !known.contains(field.getKey()))
        .filter(field -> !field.getValue().isBlank() && !field.getValue().startsWith("Use same"))
        .filter(field -> !field.getValue().equals(recorded.model() + " [" + recorded.modelHash() + "]"))
        .map(field -> field.getKey() + ": " + field.getValue()).collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      findings.changes(from + " was enlarged by a second pass with " + others + ", which there is not here");
    }
  }

  /** How many times larger; null where the sides grow by different shares, or are not said. */
  private String scale() {
    String scale = fields.get(SCALE);
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

  private String words() {
    return fields.entrySet().stream().map(field -> field.getKey() + ": " + field.getValue())
        .collect(Collectors.joining(", "));
  }
}
