package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A checkpoint in the original naming whose averages stand in the place of the weights that they are averages of.
 * {@code model.a.b} has its average under {@code model_ema.ab}; where the weight itself is not in the file, the dots
 * are found by how a U-Net's names are made.
 */
final class AveragedFile implements WrappedFile {

  private static final String AVERAGES = "model_ema.";
  private static final String MODEL = "model.";

  /** What is kept beside the averages. */
  private static final Set<String> COUNTS = Set.of("model_ema.decay", "model_ema.num_updates");

  private final WeightFile file;
  private final Map<String, String> sources = new LinkedHashMap<>();

  private AveragedFile(WeightFile file) {
    this.file = file;
    Map<String, String> weights = new HashMap<>(); // by their averages' names
    List<String> stored = file.names().stream().filter(name -> name.startsWith(MODEL)).toList();
    (stored.isEmpty() ? OriginalUNet.possibleNames() : stored).forEach(name -> weights.put(flat(name), name));
    for (String name : file.names()) {
      if (!CheckpointNames.isAverage(name)) {
        sources.put(name, name);
      }
    }
    for (String name : file.names()) {
      if (name.startsWith(AVERAGES) && weights.containsKey(name)) {
        sources.put(weights.get(name), name);
      }
    }
  }

  private static String flat(String name) {
    return AVERAGES + name.substring(MODEL.length()).replace(".", "");
  }

  /** @throws WeightsException if the file has no averages, or not of all of its U-Net, or has some of nothing known */
  static WeightFile of(WeightFile file) {
    AveragedFile averaged = new AveragedFile(file);
    if (averaged.sources.values().stream().noneMatch(CheckpointNames::isAverage)) {
      throw new WeightsException(file.origin() + ": holds no averages of a U-Net (model_ema.*); leave --ema away");
    }
    List<String> without = averaged.sources.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(OriginalUNet.PREFIX)
            && !CheckpointNames.isAverage(entry.getValue()))
        .map(Map.Entry::getKey).toList();
    List<String> unknown = file.names().stream().filter(name -> name.startsWith(AVERAGES)
        && !averaged.sources.containsValue(name) && !COUNTS.contains(name)).toList();
    if (!without.isEmpty() || !unknown.isEmpty()) {
      throw new WeightsException(file.origin() + ": " + without.size() + " tensors of the U-Net have no average and "
          + unknown.size() + " averages no tensor, such as "
          + (without.isEmpty() ? unknown : without).getFirst() + "; is the file whole? Leave --ema away");
    }
    return averaged;
  }

  @Override
  public WeightFile file() {
    return file;
  }

  @Override
  public Tensor tensor(String name) {
    return file.tensor(sources.getOrDefault(name, name));
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(sources.keySet());
  }

  @Override
  public String identity() {
    return file.identity() == null ? null : file.identity() + "\naverages";
  }
}
