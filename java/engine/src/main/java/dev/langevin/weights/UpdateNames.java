package dev.langevin.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/** What prompts call a file of updates, as AUTOMATIC1111 does. */
public final class UpdateNames {

  /** Where kohya's trainer writes the name that a file had when it was made. */
  private static final String TRAINED_AS = "ss_output_name";

  private UpdateNames() {}

  /** The file's name without its ending. */
  public static String stem(Path file) {
    return String.valueOf(file.getFileName()).replaceFirst("\\.[^.]*$", "");
  }

  /**
   * All names: the file's, then the one that it was trained as, where it says.
   *
   * @throws WeightsException if it is malformed
   */
  public static Set<String> of(Path file) {
    Set<String> names = new LinkedHashSet<>(Set.of(stem(file)));
    if (file.toString().endsWith(".safetensors") && Files.isRegularFile(file)) {
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        String trained = opened.metadata().get(TRAINED_AS);
        if (trained != null && !trained.isBlank()) {
          names.add(trained);
        }
      }
    }
    return names;
  }
}
