package dev.langevin.weights;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network's weights with the updates of LoRA files. A sum is made where the weight is decoded, as it is packed: a
 * step costs nothing more, and no sum lies anywhere but where it is used.
 */
public final class MergedTensors implements NamedTensors {

  /**
   * How strong a file's updates are.
   *
   * @param denoiser of the U-Net's
   * @param text of the text encoders'
   * @param asComfy whether they are merged as ComfyUI does where programs differ: see {@link WeightUpdate.Magnitude}
   */
  public record Strengths(double denoiser, double text, boolean asComfy) {

    /** As most programs do. */
    public Strengths(double denoiser, double text) {
      this(denoiser, text, false);
    }

    double of(String component) {
      return component.startsWith("text_encoder") ? text : denoiser;
    }
  }

  record Weighted(LoraFile file, WeightUpdate update, double strength, boolean asComfy) {}

  /** What a file does to a tensor, without its numbers: equal where these are. */
  private record Change(String file, double strength, boolean asComfy) {}

  private final NamedTensors base;
  private final Map<String, List<Weighted>> updates = new HashMap<>();

  private MergedTensors(NamedTensors base) {
    this.base = base;
  }

  /** Merges files under the usual policy, each with one strength for all components. */
  public static Map<String, NamedTensors> merge(Map<String, NamedTensors> components, Map<LoraFile, Double> weights) {
    Map<LoraFile, Strengths> strengths = new LinkedHashMap<>();
    weights.forEach((file, weight) -> strengths.put(file, new Strengths(weight, weight)));
    return merge(components, strengths, new Findings(Policy.USUAL, warning -> {}));
  }

  /**
   * Merges files into the components of a model, one after the other.
   *
   * @param components weights by component
   * @param strengths of each file's updates
   * @param findings told of what has no place or is not read
   * @return the components, each with its updates
   * @throws WeightsException naming the tensors of a file that have no place
   */
  public static Map<String, NamedTensors> merge(
      Map<String, NamedTensors> components, Map<LoraFile, Strengths> strengths, Findings findings) {
    Map<String, NamedTensors> merged = new LinkedHashMap<>(components);
    strengths.forEach((file, strength) -> file.updates(components, findings).forEach((component, updates) -> {
      if (strength.of(component) == 0) {
        return;
      }
      if (!(merged.get(component) instanceof MergedTensors)) {
        merged.put(component, new MergedTensors(components.get(component)));
      }
      MergedTensors target = (MergedTensors) merged.get(component);
      updates.forEach(update -> target.updates.computeIfAbsent(update.weight(), name -> new ArrayList<>())
          .add(new Weighted(file, update, strength.of(component), strength.asComfy())));
    }));
    return merged;
  }

  /**
   * What some of the files do to each tensor, by its name: equal where the values are, among networks of the same base
   * and other files.
   */
  public Map<String, List<?>> changes(Collection<LoraFile> files) {
    Map<String, List<?>> changes = new HashMap<>();
    updates.forEach((name, added) -> {
      List<Change> own = added.stream().filter(each -> files.contains(each.file))
          .map(each -> new Change(each.file.identity(), each.strength, each.asComfy)).toList();
      if (!own.isEmpty()) {
        changes.put(name, own);
      }
    });
    return changes;
  }

  /** Names of the tensors whose updates hold NaN or an infinity; reads the updates alone. */
  public List<String> notFiniteUpdates() {
    List<String> found = new ArrayList<>();
    updates.forEach((name, added) -> {
      if (added.stream().anyMatch(each -> !each.update.isFinite())) {
        found.add(name);
      }
    });
    return found;
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = base.tensor(name);
    for (Weighted added : updates.getOrDefault(name, List.of())) {
      tensor = new Tensor(
          Updated.of(new WeightBefore(tensor.encoding(), tensor.shape(), tensor.data()), added.update, added.strength,
              added.asComfy),
          tensor.shape(), tensor.data());
    }
    return tensor;
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
    found.addAll(notFiniteUpdates());
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
    updates.values().stream().flatMap(List::stream).map(Weighted::file).distinct().forEach(LoraFile::requireUnchanged);
  }
}
