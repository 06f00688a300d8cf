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
import java.util.stream.IntStream;

/** A network's weights with low-rank updates added. A sum is made when its tensor is asked for: a step costs nothing more. */
public final class MergedTensors implements NamedTensors {

  private record Weighted(LoraFile.Update update, double weight) {}

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
      updates.forEach(update ->
          target.updates.computeIfAbsent(update.weight(), name -> new ArrayList<>()).add(new Weighted(update, weight)));
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
    float[] sum = tensor.toFloats();
    Shape shape = tensor.shape();
    for (Weighted each : added) {
      add(each.update, each.weight, sum, shape.intDim(0));
    }
    return Tensor.ofFloats(sum, shape.dims());
  }

  private static void add(LoraFile.Update update, double weight, float[] sum, int rows) {
    int rank = update.down().shape().intDim(0);
    float[] up = update.up().toFloats();
    float[] down = update.middle() == null ? update.down().toFloats() : through(update);
    int inner = sum.length / rows;
    double factor = weight * update.alpha() / rank;
    IntStream.range(0, rows).parallel().forEach(row -> {
      // of another type than what is read, the compiler knows it for an array of its own and uses vectors: with float it is 5 times slower
      double[] change = new double[inner];
      for (int r = 0; r < rank; r++) {
        addScaled(change, factor * up[row * rank + r], down, r * inner);
      }
      for (int i = 0; i < inner; i++) {
        sum[row * inner + i] += (float) change[i];
      }
    });
  }

  private static void addScaled(double[] target, double factor, float[] source, int from) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * source[from + i];
    }
  }

  /** The middle convolution after the first, as one: (R, I, KH, KW) = sum over b of middle (R, b, KH, KW) * down (b, I). */
  private static float[] through(LoraFile.Update update) {
    int rank = update.down().shape().intDim(0);
    float[] down = update.down().toFloats();
    float[] middle = update.middle().toFloats();
    int in = down.length / rank;
    int kernel = middle.length / (rank * rank);
    float[] both = new float[rank * in * kernel];
    for (int a = 0; a < rank; a++) {
      for (int b = 0; b < rank; b++) {
        for (int i = 0; i < in; i++) {
          for (int k = 0; k < kernel; k++) {
            both[(a * in + i) * kernel + k] += middle[(a * rank + b) * kernel + k] * down[b * in + i];
          }
        }
      }
    }
    return both;
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
