package dev.langevin.weights;

import java.nio.file.Path;
import java.util.Map;

/** One file of weights, memory-mapped. Whoever opened it closes it; tensors live until then. */
public interface WeightFile extends NamedTensors, AutoCloseable {

  Path path();

  /** The free text that some writers leave in the file. */
  default Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  default String origin() {
    return path().toString();
  }

  @Override
  void close();

  /**
   * Opens a safetensors file or a torch checkpoint, by what it holds: files are published under the other format's ending too.
   *
   * @throws WeightsException if it is missing, malformed, or neither
   */
  static WeightFile open(Path path) {
    return switch (FileFormat.of(path)) {
      case SAFETENSORS -> SafetensorsFile.open(path);
      case CHECKPOINT -> CheckpointFile.open(path);
      case OTHER -> path.toString().endsWith(".safetensors") ? SafetensorsFile.open(path) : CheckpointFile.open(path);
    };
  }
}
