package dev.langevin.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One file of weights, memory-mapped. Whoever opened it closes it; tensors live until then. */
public interface WeightFile extends NamedTensors, AutoCloseable {

  /** Where the file lies. */
  Path path();

  /** In words. */
  String format();

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
   * Opens a safetensors file or a torch checkpoint, by what it holds: files are published under the other format's
   * ending too. Where tensors have scale factors beside them they are what they stand for, and the factors are no
   * tensors of their own.
   *
   * @throws WeightsException if it is missing, malformed, neither, or scaled in a way that is not known
   */
  static WeightFile open(Path path) {
    WeightFile stored = stored(path);
    try {
      NamedTensors scaled = ScaledTensors.of(stored, List.of(stored));
      return scaled == stored ? stored : new ScaledFile(stored, scaled);
    } catch (RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  /** {@link #open} with every tensor as it lies in the file: factors may lie in another one. */
  static WeightFile stored(Path path) {
    return switch (FileFormat.of(path)) {
      case SAFETENSORS -> SafetensorsFile.open(path);
      case CHECKPOINT -> CheckpointFile.open(path);
      case OTHER -> path.toString().endsWith(".safetensors") ? SafetensorsFile.open(path) : CheckpointFile.open(path);
    };
  }
}
