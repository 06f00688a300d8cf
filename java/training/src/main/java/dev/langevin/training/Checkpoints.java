package dev.langevin.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Block;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Checkpoints of a run, each a folder that is written under another name and then renamed: whatever ends the process, a
 * folder with a checkpoint's name is whole. Older ones are removed after a newer one is there.
 *
 * @param folder of all
 * @param keep how many of the newest stay
 */
record Checkpoints(Path folder, int keep) {

  private static final String PREFIX = "step-";
  private static final String LOG = "log.";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A checkpoint's folder and the steps that were taken. */
  record Found(Path path, long step) {}

  /** The newest, or null. */
  Found newest() {
    return all().stream().max(Comparator.comparingLong(Found::step)).orElse(null);
  }

  private List<Found> all() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().matches(PREFIX + "\\d+"))
          .map(file -> new Found(file, Long.parseLong(file.getFileName().toString().substring(PREFIX.length()))))
          .toList();
    } catch (IOException e) {
      throw new TrainingException(folder + ": cannot be read: " + e, e);
    }
  }

  /**
   * Writes a checkpoint.
   *
   * @throws TrainingException if it cannot be written; the earlier ones stay
   */
  void write(long step, String fingerprint, Learner learner, TrainingLog log) {
    try {
      writeHere(step, fingerprint, learner, log);
    } catch (IOException | WeightsException | TrainingException e) {
      Found last = newest();
      String kept = keepElsewhere(step, fingerprint, learner, log);
      throw new TrainingException("step " + step + ": the checkpoint cannot be written: " + e.getMessage() + "; "
          + (last == null ? "there is no earlier one" : last.path() + " is the last good one") + ". Free some space"
          + kept + " and resume", e);
    }
    List<Found> older = all().stream().sorted(Comparator.comparingLong(Found::step).reversed()).skip(keep).toList();
    older.forEach(found -> delete(found.path()));
  }

  /**
   * In the temporary folder, so that the steps since the last checkpoint are not lost; what to do with it, or nothing
   * where that fails too.
   */
  private String keepElsewhere(long step, String fingerprint, Learner learner, TrainingLog log) {
    Path refuge = null;
    try {
      refuge = Files.createTempDirectory("langevin-checkpoint");
      new Checkpoints(refuge, 1).writeHere(step, fingerprint, learner, log);
      return ", move " + refuge.resolve(PREFIX + step) + ", where this one is kept, to " + folder;
    } catch (IOException | WeightsException | TrainingException e) {
      discard(refuge);
      return "";
    }
  }

  private void writeHere(long step, String fingerprint, Learner learner, TrainingLog log) throws IOException {
    Path partial = folder.resolve("." + PREFIX + step + ".partial");
    Path whole = folder.resolve(PREFIX + step);
    try {
      delete(partial);
      Files.createDirectories(partial);
      Parameters parameters = learner.parameters();
      Map<String, Block> state = learner.state();
      Map<String, Shape> shapes = new LinkedHashMap<>();
      state.keySet()
          .forEach(block -> parameters.stored().forEach((name, shape) -> shapes.put(block + "." + name, shape)));
      Map<String, float[]> curves = log.curves();
      curves.forEach((name, values) -> {
        if (values.length > 0) {
          shapes.put(LOG + name, Shape.of(values.length));
        }
      });
      SafetensorsWriter.write(partial.resolve("state.safetensors"), shapes, DType.F32,
          Map.of("step", String.valueOf(step)),
          (name, shape, first, chunk, count) -> {
            String block = name.substring(0, name.indexOf('.'));
            if (name.startsWith(LOG)) {
              System.arraycopy(curves.get(name.substring(LOG.length())), (int) first, chunk, 0, count);
            } else {
              parameters.copy(state.get(block), name.substring(block.length() + 1), first, chunk, count);
            }
          });
      Files.writeString(partial.resolve("run.json"),
          JSON.writeValueAsString(Map.of("step", step, "run", fingerprint, "seconds", log.seconds())));
      delete(whole);
      Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      discard(partial); // half of one would fill the disk for the next
    }
  }

  /**
   * Reads a checkpoint into a learner and a log.
   *
   * @throws TrainingException if it belongs to another run
   */
  void read(Found checkpoint, String fingerprint, Learner learner, TrainingLog log) {
    try {
      Map<?, ?> run = JSON.readValue(Files.readString(checkpoint.path().resolve("run.json")), Map.class);
      if (!fingerprint.equals(run.get("run"))) {
        throw new TrainingException(checkpoint.path() + " belongs to a run with other settings:\n" + run.get("run")
            + "\nThese are:\n" + fingerprint + "\nUse another output folder, or the settings of then");
      }
      log.resume(((Number) run.get("seconds")).doubleValue());
    } catch (IOException e) {
      throw new TrainingException(checkpoint.path() + ": cannot be read: " + e, e);
    }
    try (SafetensorsFile file = SafetensorsFile.open(checkpoint.path().resolve("state.safetensors"))) {
      learner.state()
          .forEach((block, memory) -> learner.parameters().read(name -> file.tensor(block + "." + name), memory));
      for (String name : file.names()) {
        if (name.startsWith(LOG)) {
          Tensor curve = file.tensor(name);
          log.resume(name.substring(LOG.length()), curve.toFloats());
        }
      }
    }
  }

  /** Removes what is of no use, as far as that can be; null for nothing. */
  static void discard(Path path) {
    try {
      if (path != null) {
        delete(path);
      }
    } catch (TrainingException e) {
      // whoever calls tells of more
    }
  }

  static void delete(Path path) {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new TrainingException(path + ": cannot be removed: " + e, e);
    }
  }
}
