package dev.langevin.cli;

import dev.langevin.training.TrainingLog;
import dev.langevin.training.WholeFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/** {@code log.csv}: a line a step, written as it goes, so that a run that ends early has told how it went. */
final class StepLog implements AutoCloseable {

  private static final String HEADER = "step,loss,gradient_norm,seconds\n";

  private final Path folder;
  private final Path file;
  private final boolean events;
  private Writer writer;
  private EventFile eventFile;

  /** @param events whether there are files for TensorBoard too */
  StepLog(Path folder, boolean events) {
    this.folder = folder;
    this.file = folder.resolve("log.csv");
    this.events = events;
  }

  /** The line of the last step; the file begins with those before, of an earlier part of the run. */
  void step(long step, TrainingLog log) throws IOException {
    if (writer == null) {
      float[] loss = log.curve("loss");
      float[] norm = log.curve("norm");
      float[] seconds = log.curve("seconds");
      StringBuilder table = new StringBuilder(HEADER);
      for (int i = 0; i < loss.length; i++) {
        table.append(line(i + 1, loss[i], norm[i], seconds[i]));
      }
      WholeFile.write(file, table);
      writer = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
    } else {
      writer.write(line(step, (float) log.recent("loss", 1), (float) log.recent("norm", 1),
          (float) log.recent("seconds", 1)));
      writer.flush();
    }
    if (events) {
      eventFile = eventFile == null ? EventFile.in(folder) : eventFile;
      eventFile.scalars(step, Map.of("loss", log.recent("loss", 1), "gradient_norm", log.recent("norm", 1)));
    }
  }

  private static String line(long step, float loss, float norm, float seconds) {
    return step + "," + loss + "," + norm + "," + seconds + "\n";
  }

  @Override
  public void close() {
    try {
      if (writer != null) {
        writer.close();
      }
      if (eventFile != null) {
        eventFile.close();
      }
    } catch (IOException e) {
      // every line was flushed
    }
    writer = null;
    eventFile = null;
  }
}
