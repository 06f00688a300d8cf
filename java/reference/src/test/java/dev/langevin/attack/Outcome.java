package dev.langevin.attack;

import dev.langevin.weights.WeightsException;
import java.util.Arrays;
import java.util.List;

/** What came of a mutation. */
enum Outcome {
  /** Finite; where the change means nothing, that of the model as it was. */
  PICTURE,
  /** One sentence that names file and field, or the weights that do not fit. */
  REFUSED,
  /** The run stopped at values that are not finite. */
  STOPPED,
  NOT_FINITE,
  OTHER_PICTURE,
  UNCLEAR,
  HANGS,
  BREAKS;

  private static final int LONGEST = 2500;

  boolean isRight() {
    return this == PICTURE || this == REFUSED || this == STOPPED;
  }

  static Outcome of(Mutation mutation, float[] picture) {
    for (float value : picture) {
      if (!Float.isFinite(value)) {
        return NOT_FINITE;
      }
    }
    return !mutation.kept() || Arrays.equals(picture, mutation.model().original()) ? PICTURE : OTHER_PICTURE;
  }

  static Outcome of(Mutation mutation, Throwable error) {
    boolean ours = error instanceof WeightsException || error.getClass() == IllegalArgumentException.class;
    String message = String.valueOf(error.getMessage());
    if (!ours) {
      return message.contains("not finite") ? STOPPED : BREAKS;
    }
    boolean clear = message.codePoints().noneMatch(c -> c == '\n' || c == '\r') && message.length() <= LONGEST
        && !message.matches(".*0x[0-9a-f]{6}.*");
    return clear && names(mutation, message) ? REFUSED : UNCLEAR;
  }

  private static boolean names(Mutation mutation, String message) {
    if (mutation.file().endsWith("model_index.json") && mutation.value() == null) {
      return true; // a model without the component, which is asked for what it then cannot do
    }
    boolean file = message.contains(mutation.model().folder().toString())
        && (mutation.file().getNameCount() == 1 || message.contains(mutation.file().getName(0).toString())
            || message.contains("scheduler_config.json") || message.contains("encoder"));
    return file && (message.contains(mutation.key()) || message.contains("is not a JSON object")
        || others(mutation).stream().anyMatch(message::contains));
  }

  /** What else a sentence may speak of: the weights that the change does not fit, or a field that it contradicts. */
  private static List<String> others(Mutation mutation) {
    return List.of("do config.json and the weights belong together", "do they belong together",
        "check the scheduler's");
  }
}
