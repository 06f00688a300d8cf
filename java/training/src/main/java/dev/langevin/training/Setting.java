package dev.langevin.training;

import dev.langevin.training.TrainingConfig.Kind;
import java.util.Set;

/**
 * A key of a run's file.
 *
 * @param path from the file's top, with points: {@code steps.batch_size}
 * @param type what it may be; null for a network's or sampler's configuration, whose keys are those of {@code network}
 * @param absent what stands for it where it is left out, in words; {@link #REQUIRED} where it must be there
 * @param tasks the kinds of run that read it; it is refused in others
 * @param meaning a sentence for readers
 * @param network the published configuration that is expected; null for a plain key
 */
record Setting(String path, SettingType type, String absent, Set<Kind> tasks, String meaning, NetworkKeys network) {

  static final String REQUIRED = "required";

  static final String NONE = "none";

  boolean required() {
    return absent.equals(REQUIRED);
  }

  String name() {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** The mapping that it stands in; empty for the file's top. */
  String group() {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }
}
