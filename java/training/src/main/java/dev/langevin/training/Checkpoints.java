package dev.langevin.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Block;
import dev.langevin.graph.GraphException;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.DiskSync;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Checkpoints of a run, each a folder that is written under another name and then renamed: whatever ends the process, a
 * folder with a checkpoint's name is whole, on the disk too. Older ones are removed after a newer one has proved good.
 *
 * @param folder of all
 * @param keep how many of the newest stay
 */
record Checkpoints(Path folder, int keep) {

  private static final String PREFIX = "step-";
  private static final String DIVERGED = "diverged-step-";
  private static final String LOG = "log.";
  private static final String STATE = "state.safetensors";
  private static final String RUN = "run.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A checkpoint's folder and the steps that were taken. */
  record Found(Path path, long step) {}

  /** The newest, or null. */
  Found newest() {
    return newestFirst().findFirst().orElse(null);
  }

  private Stream<Found> newestFirst() {
    return all().stream().sorted(Comparator.comparingLong(Found::step).reversed());
  }

  /** In words, the newest one; it is known to be good if {@link #distrust} was asked about the steps that failed. */
  String lastGood() {
    Found last = newest();
    return last == null ? "no good checkpoint is left" : last.path() + " is the last good checkpoint";
  }

  /** Sets a checkpoint aside from whose weights the run could not go on; earlier ones that were set aside go. */
  void distrust(long step) {
    Path ruined = folder.resolve(PREFIX + step);
    if (!Files.isDirectory(ruined)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(file -> file.getFileName().toString().startsWith(DIVERGED)).toList().forEach(Checkpoints::delete);
      Files.move(ruined, folder.resolve(DIVERGED + step), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new TrainingException(ruined + ": cannot be renamed: " + e, e);
    }
  }

  /** Removes all but the newest that are to be kept. */
  void prune() {
    newestFirst().skip(keep).toList().forEach(found -> delete(found.path()));
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
   * Writes a checkpoint; earlier ones stay until {@link #prune}.
   *
   * @throws TrainingException if it cannot be written, or holds what is no number
   */
  void write(long step, RunIdentity identity, Learner learner, TrainingLog log) {
    if (!learner.isFinite()) {
      throw new TrainingException("step " + step + ": weights are no finite numbers any more; the run stops, and "
          + lastGood() + ". Lower the learning rate, or clip the gradients");
    }
    try {
      writeHere(step, identity, learner, log);
    } catch (IOException | WeightsException | TrainingException e) {
      Found last = newest();
      String kept = keepElsewhere(step, identity, learner, log);
      throw new TrainingException("step " + step + ": the checkpoint cannot be written: " + e.getMessage() + "; "
          + (last == null ? "there is no earlier one" : last.path() + " is the last good one") + ". Free some space"
          + kept + " and resume", e);
    }
  }

  /**
   * In the temporary folder, so that the steps since the last checkpoint are not lost; what to do with it, or nothing
   * where that fails too.
   */
  private String keepElsewhere(long step, RunIdentity identity, Learner learner, TrainingLog log) {
    Path refuge = null;
    try {
      refuge = Files.createTempDirectory("langevin-checkpoint");
      new Checkpoints(refuge, 1).writeHere(step, identity, learner, log);
      return ", move " + refuge.resolve(PREFIX + step) + ", where this one is kept, to " + folder;
    } catch (IOException | WeightsException | TrainingException e) {
      discard(refuge);
      return "";
    }
  }

  private void writeHere(long step, RunIdentity identity, Learner learner, TrainingLog log) throws IOException {
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
      SafetensorsWriter.write(partial.resolve(STATE), shapes, DType.F32,
          Map.of("step", String.valueOf(step)),
          (name, shape, first, chunk, count) -> {
            String block = name.substring(0, name.indexOf('.'));
            if (name.startsWith(LOG)) {
              System.arraycopy(curves.get(name.substring(LOG.length())), (int) first, chunk, 0, count);
            } else {
              parameters.copy(state.get(block), name.substring(block.length() + 1), first, chunk, count);
            }
          });
      Path stateFile = partial.resolve(STATE);
      Map<String, Object> run = new LinkedHashMap<>();
      run.put("step", step);
      run.put("seconds", log.seconds());
      run.put("crc32c", checksum(stateFile));
      run.put("run", identity.keys());
      Files.writeString(partial.resolve(RUN), JSON.writeValueAsString(run));
      DiskSync.syncAll(partial);
      delete(whole);
      Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE);
      DiskSync.sync(folder);
    } finally {
      discard(partial); // half of one would fill the disk for the next
    }
  }

  private static String checksum(Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer chunk = ByteBuffer.allocateDirect(1 << 20);
      while (channel.read(chunk) >= 0) {
        checksum.update(chunk.flip());
        chunk.clear();
      }
    }
    return Long.toHexString(checksum.getValue());
  }

  /**
   * Reads the newest checkpoint that is whole into a learner and a log.
   *
   * @param warnings told of each damaged one that was passed over
   * @return the checkpoint, or null if there is none
   * @throws TrainingException if the newest belongs to another run, naming the keys that differ, or all are damaged
   */
  Found resume(RunIdentity identity, Learner learner, TrainingLog log, Consumer<String> warnings) {
    List<Found> found = newestFirst().toList();
    for (Found checkpoint : found) {
      try {
        read(checkpoint, identity, learner, log);
        return checkpoint;
      } catch (IOException | WeightsException | GraphException e) {
        boolean last = checkpoint.equals(found.getLast());
        String message = checkpoint.path() + " is damaged: " + e.getMessage();
        if (last) {
          throw new TrainingException(
              message + "; there is no other checkpoint to go on from. Use another output folder", e);
        }
        warnings.accept(message + "; the run goes on from the one before");
      }
    }
    return null;
  }

  private void read(Found checkpoint, RunIdentity identity, Learner learner, TrainingLog log) throws IOException {
    JsonNode run = JSON.readTree(Files.readString(checkpoint.path().resolve(RUN)));
    if (run == null || !run.hasNonNull("run") || !run.hasNonNull("seconds")) {
      throw new IOException(RUN + " says nothing of the run");
    }
    if (!run.get("run").isObject()) {
      throw new TrainingException(
          checkpoint.path() + " is of an earlier version, which kept its settings in another way; use another output"
              + " folder");
    }
    List<String> differences = identity.differences(RunIdentity.parse(run.get("run").toString()));
    if (!differences.isEmpty()) {
      throw new TrainingException(checkpoint.path() + " belongs to a run with other settings: "
          + String.join("; ", differences) + ". Use another output folder, or the settings of then");
    }
    Path state = checkpoint.path().resolve(STATE);
    if (run.hasNonNull("crc32c") && !run.get("crc32c").asText().equals(checksum(state))) {
      throw new IOException(STATE + " is not as it was written");
    }
    try (SafetensorsFile file = SafetensorsFile.open(state)) {
      learner.state()
          .forEach((block, memory) -> learner.parameters().read(name -> file.tensor(block + "." + name), memory));
      for (String name : file.names()) {
        if (name.startsWith(LOG)) {
          Tensor curve = file.tensor(name);
          log.resume(name.substring(LOG.length()), curve.toFloats());
        }
      }
    }
    if (!learner.isFinite()) {
      throw new IOException("its weights are no finite numbers");
    }
    log.resume(run.get("seconds").asDouble());
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
