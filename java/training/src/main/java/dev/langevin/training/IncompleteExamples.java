package dev.langevin.training;

import dev.langevin.training.DataConfig.Needed;
import dev.langevin.training.data.Annotation;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.DatasetException;
import dev.langevin.training.data.ImageFolder.Unreadable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Pictures that a run cannot use: found before its first step, left out where that is asked for, and listed. */
final class IncompleteExamples {

  private IncompleteExamples() {}

  /**
   * The data without the pictures that lack what is needed.
   *
   * @param unused to which these are added
   * @throws TrainingException if there are such and they are not to be left out
   */
  static Dataset without(Dataset dataset, Needed needed, DataConfig config, List<Unreadable> unused) {
    if (needed == Needed.NOTHING) {
      return dataset;
    }
    String what = needed == Needed.LABEL ? "label" : "caption";
    List<String> names = new ArrayList<>();
    int[] complete = IntStream.range(0, dataset.size()).filter(i -> {
      boolean has = has(dataset.annotation(i), needed);
      if (!has) {
        names.add(dataset.annotation(i).name());
      }
      return has;
    }).toArray();
    if (names.isEmpty()) {
      return dataset;
    }
    if (complete.length == 0) {
      throw new TrainingException(
          config.path() + ": no picture has a " + what + "; write a metadata.jsonl with file_name"
              + " and " + (needed == Needed.LABEL ? "label" : "text"));
    }
    String some = names.size() + " of " + dataset.size() + " pictures of " + config.path() + " have no " + what + ": "
        + DatasetException.some(names);
    if (!"leave_out".equals(config.incomplete())) {
      throw new TrainingException(
          some + "; give them one in metadata.jsonl, remove them, or set data.incomplete to leave_out");
    }
    names.forEach(name -> unused.add(new Unreadable(name, "has no " + what)));
    return dataset.only(complete);
  }

  private static boolean has(Annotation annotation, Needed needed) {
    return needed == Needed.LABEL ? annotation.label() != Annotation.UNLABELLED : !annotation.captions().isEmpty();
  }

  /** Writes a table of names and reasons. */
  static void list(List<Unreadable> unused, Path file) {
    StringBuilder table = new StringBuilder("file_name,reason\n");
    unused.forEach(picture -> table.append(quoted(picture.name())).append(',').append(quoted(picture.reason()))
        .append('\n'));
    try {
      Files.createDirectories(file.getParent());
      WholeFile.write(file, table);
    } catch (IOException e) {
      throw new TrainingException(e.getMessage(), e);
    }
  }

  private static String quoted(String text) {
    return '"' + text.replace("\"", "\"\"") + '"';
  }
}
