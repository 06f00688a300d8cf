package dev.langevin.weights;

import dev.langevin.config.ConfigValues;
import dev.langevin.config.Section;
import dev.langevin.policy.Findings;
import dev.langevin.policy.RefusedException;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights of one network, of which it is known where they come from and which there are. Any thread may read them.
 */
public interface NamedTensors extends TensorSource {

  /** The file, for messages. */
  String origin();

  /** Names of all tensors, in the order of the file. */
  Set<String> names();

  /** Whether there is a tensor of this name. */
  default boolean has(String name) {
    return names().contains(name);
  }

  /**
   * Compares what is there with what a network reads, by names, shapes and types alone.
   *
   * @param expected shape of every tensor that the network reads
   * @throws WeightsException naming the missing, the unused and the ill-fitting tensors
   */
  default void requireFit(Map<String, Shape> expected) {
    List<String> faults = new ArrayList<>();
    List<String> missing = expected.keySet().stream().filter(name -> !has(name)).sorted().toList();
    List<String> unused = names().stream().filter(name -> !expected.containsKey(name)).sorted().toList();
    if (!missing.isEmpty()) {
      faults.add(missing.size() + " missing: " + some(missing));
    }
    if (!unused.isEmpty()) {
      faults.add(unused.size() + " that the network has no place for: " + some(unused));
    }
    List<String> wrong = new ArrayList<>();
    expected.forEach((name, shape) -> {
      Tensor tensor = has(name) ? tensor(name) : null;
      if (tensor != null && !tensor.shape().equals(shape)) {
        wrong.add(name + " is " + tensor.shape() + ", the network expects " + shape);
      } else if (tensor != null && !tensor.encoding().isFloatingPoint()) {
        wrong.add(
            name + " is " + tensor.encoding().name() + ", the network expects floating-point numbers of 8 to 64 bits");
      }
    });
    if (!wrong.isEmpty()) {
      faults.add(wrong.size() + " that do not fit: " + some(wrong));
    }
    if (!faults.isEmpty()) {
      throw new WeightsException(origin() + ": of " + names().size() + " tensors, " + String.join("; ", faults)
          + "; do config.json and the weights belong together?");
    }
  }

  /**
   * {@link #requireFit(Map)}, but that tensors which the network has no place for are left out where the policy lets
   * it.
   *
   * @throws WeightsException naming the missing and the ill-fitting tensors, and those without a place where they are
   *   refused
   */
  default void requireFit(Map<String, Shape> expected, Findings findings) {
    List<String> unused = names().stream().filter(name -> !expected.containsKey(name)).sorted().toList();
    if (!unused.isEmpty()) {
      Set<String> known = new LinkedHashSet<>(names());
      unused.forEach(known::remove);
      try {
        new KnownTensors(this, known).requireFit(expected);
      } catch (WeightsException e) {
        requireFit(expected); // to name them together
      }
      try {
        findings.changes(origin() + ": of " + names().size() + " tensors, " + unused.size()
            + " that the network has no place for: " + some(unused)
            + "; do config.json and the weights belong together?");
      } catch (RefusedException e) {
        throw new WeightsException(e.getMessage(), e); // as of any other fault of the weights
      }
      return;
    }
    requireFit(expected);
  }

  /**
   * Refuses a configuration that counts more layers than there are tensors, before anything is built of it.
   *
   * @throws IllegalArgumentException naming the field that counts them
   */
  default void requireLayers(Section section, Map<String, Object> config) {
    ConfigValues.of(section, config).requireLayersWithin(names().size());
  }

  private static String some(List<String> names) {
    int shown = Math.min(10, names.size());
    return String.join(", ", names.subList(0, shown)) + (shown < names.size() ? ", ..." : "");
  }

  /** Names of the tensors that hold NaN or an infinity, in the order of the file; reads all of it. */
  default List<String> notFinite() {
    List<String> found = new ArrayList<>();
    for (String name : names()) {
      Tensor tensor = tensor(name);
      if (tensor.encoding().isFloatingPoint() && !tensor.isFinite()) {
        found.add(name);
      }
    }
    return found;
  }
}
