package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network's weights with low-rank updates added. A sum is made where the weight is decoded, as it is packed: a step
 * costs nothing more, and no sum lies anywhere but where it is used.
 */
public final class MergedTensors implements NamedTensors {

  record Weighted(LoraFile.Update update, double weight) {}

  private final NamedTensors base;
  private final Map<String, List<Weighted>> updates = new HashMap<>();

  private MergedTensors(NamedTensors base) {
    this.base = base;
  }

  /**
   * Merges files into the components of a model.
   *
   * @param components weights by component
   * @param weights of each file's updates
   * @return the components, each with its updates
   * @throws WeightsException naming the tensors of a file that have no place, or do not fit theirs
   */
  public static Map<String, NamedTensors> merge(Map<String, NamedTensors> components, Map<LoraFile, Double> weights) {
    Map<String, NamedTensors> merged = new LinkedHashMap<>(components);
    weights.forEach((file, weight) -> file.updates(components).forEach((component, updates) -> {
      if (!(merged.get(component) instanceof MergedTensors)) {
        merged.put(component, new MergedTensors(components.get(component)));
      }
      MergedTensors target = (MergedTensors) merged.get(component);
      updates.forEach(update -> target.updates.computeIfAbsent(update.weight(), name -> new ArrayList<>())
          .add(new Weighted(update, weight)));
    }));
    return merged;
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = base.tensor(name);
    List<Weighted> added = updates.get(name);
    if (added == null) {
      return tensor;
    }
    return new Tensor(new Updated(tensor.encoding(), tensor.shape(), added, 0), tensor.shape(), tensor.data());
  }

  /** An update changes no shape: nothing is merged to tell. */
  @Override
  public void requireFit(Map<String, Shape> expected) {
    base.requireFit(expected);
  }

  /** Sums are finite where their parts are: nothing is merged to tell. */
  @Override
  public List<String> notFinite() {
    Set<String> found = new LinkedHashSet<>(base.notFinite());
    updates.forEach((name, added) -> {
      if (added.stream().anyMatch(each -> !each.update.isFinite())) {
        found.add(name);
      }
    });
    return List.copyOf(found);
  }

  @Override
  public String origin() {
    return base.origin();
  }

  @Override
  public Set<String> names() {
    return base.names();
  }

  @Override
  public void unload() {
    base.unload();
  }

  @Override
  public void requireUnchanged() {
    base.requireUnchanged();
  }
}
