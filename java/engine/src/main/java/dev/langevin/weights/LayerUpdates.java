package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The updates of one layer's tensors out of the parts that a file has for it: the kinds that trainers of Stable
 * Diffusion know, as LyCORIS and ComfyUI name them.
 */
final class LayerUpdates {

  private final String origin;
  private final String layer;
  private final NamedTensors weights;
  private final Map<String, Tensor> parts;
  private final LoraFactors factors;
  private final Consumer<String> changes;
  private final List<WeightUpdate> updates = new ArrayList<>();

  /** @param parts by what they are called in {@link LoraKey} */
  private LayerUpdates(
      String origin, String layer, NamedTensors weights, Map<String, Tensor> parts, LoraFactors factors,
      Consumer<String> changes) {
    this.origin = origin;
    this.layer = layer;
    this.weights = weights;
    this.parts = parts;
    this.factors = factors;
    this.changes = changes;
  }

  /**
   * @param layer its name without {@code .weight}
   * @param changes told of what is left out, which would change the weight
   * @throws WeightsException if a part is missing that another asks for
   */
  static List<WeightUpdate> of(
      String origin, String component, String layer, NamedTensors weights, Map<String, Tensor> parts,
      LoraFactors factors, Consumer<String> changes) {
    LayerUpdates of = new LayerUpdates(origin, layer, weights, parts, factors, changes);
    of.collect(component);
    return of.updates;
  }

  private void collect(String component) {
    List<String> unread = parts.keySet().stream().filter(LoraKey::isUnread).toList();
    if (!unread.isEmpty()) {
      changes.accept(origin + ": the update of " + layer + " has " + unread
          + ", of a kind that is not read; convert it, or leave it out");
    }
    Shape weight = weights.tensor(layer + ".weight").shape();
    long kinds = Stream.of("down up", "hada_w1_a", "lokr_w1 lokr_w1_a lokr_w2 lokr_w2_a", "a1", "oft_blocks", "diff",
        "set_weight w", "w_norm").filter(kind -> Stream.of(kind.split(" ")).anyMatch(parts::containsKey)).count();
    if (kinds > 1) {
      throw new WeightsException(origin + ": " + layer + " has updates of " + kinds
          + " kinds at once; was the file put together of several?");
    }
    if (has("down") || has("up")) {
      lowRank(component, weight);
    } else if (has("hada_w1_a")) {
      hadamard(weight);
    } else if (has("lokr_w1") || has("lokr_w1_a") || has("lokr_w2") || has("lokr_w2_a")) {
      kronecker(weight);
    } else if (has("a1")) {
      generalized(weight);
    } else if (has("oft_blocks")) {
      rotation(weight);
    } else if (has("dora_scale") || has("magnitude")) {
      throw new WeightsException(origin + ": the update of " + layer + " has a magnitude and nothing to apply it to;"
          + " was the file downloaded whole?");
    }
    difference("diff", weight, ".weight");
    difference("w_norm", weight, ".weight");
    difference("diff_b", null, ".bias");
    difference("b_norm", null, ".bias");
    replacement("set_weight", ".weight");
    replacement("w", ".weight");
    replacement("b", ".bias");
  }

  private boolean has(String part) {
    return parts.containsKey(part);
  }

  private Tensor part(String name) {
    Tensor tensor = parts.get(name);
    if (tensor == null) {
      throw new WeightsException(origin + ": the update of " + layer + " has no " + LoraKey.inWords(name)
          + "; was the file downloaded whole?");
    }
    return tensor;
  }

  /** Whether it fits; if not it is told, and left out where the policy lets it. */
  private boolean require(boolean fits, Shape weight, String... names) {
    boolean numbers = Stream.of(names).map(parts::get).filter(tensor -> tensor != null)
        .allMatch(tensor -> tensor.encoding().isFloatingPoint() && tensor.shape().elements() > 0);
    if (fits && numbers) {
      return true;
    }
    changes.accept(origin + ": the update of " + layer + " is "
        + Stream.of(names).filter(parts::containsKey)
            .map(name -> name + " "
                + (parts.get(name).encoding().isFloatingPoint() ? "" : parts.get(name).encoding().name())
                + parts.get(name).shape())
            .collect(Collectors.joining(", "))
        + ", the layer " + weight + "; is the LoRA for another kind of model?");
    return false;
  }

  private void add(String name, double factor, List<String> names,
      java.util.function.Function<WeightBefore, Delta> form) {
    List<Tensor> tensors = new ArrayList<>(names.stream().filter(parts::containsKey).map(parts::get).toList());
    WeightUpdate.Magnitude magnitude = magnitude(weights.tensor(name).shape());
    if (magnitude != null) {
      tensors.add(magnitude.scale());
    }
    updates.add(new WeightUpdate(name, factor, tensors, form, magnitude, false));
  }

  /** Rows where it has as many entries as the weight and lies along its first axis, else input channels. */
  private WeightUpdate.Magnitude magnitude(Shape weight) {
    boolean peft = has("magnitude");
    Tensor scale = peft ? parts.get("magnitude") : parts.get("dora_scale");
    if (scale == null) {
      return null;
    }
    long count = scale.shape().elements();
    boolean rows = count == weight.dim(0) && (peft || scale.shape().rank() < 2 || scale.shape().dim(0) == count);
    if (!require(rows || !peft && weight.rank() > 1 && count == weight.dim(1), weight,
        peft ? "magnitude" : "dora_scale")) {
      return null;
    }
    return new WeightUpdate.Magnitude(scale, rows ? 0 : 1, peft);
  }

  /** Alpha that the layer has, or NaN. */
  private double alpha() {
    Tensor alpha = parts.get("alpha");
    if (alpha == null) {
      return Double.NaN;
    }
    if (alpha.shape().elements() != 1 || !Double.isFinite(alpha.toDoubles()[0])) {
      throw new WeightsException(
          origin + ": alpha of " + layer + " is " + alpha.shape() + ", must be one finite number");
    }
    return alpha.toDoubles()[0];
  }

  private double alphaOver(long rank) {
    double alpha = alpha();
    return Double.isNaN(alpha) ? 1 : alpha / rank;
  }

  private void lowRank(String component, Shape weight) {
    Tensor down = part("down");
    Tensor up = part("up");
    Tensor middle = parts.get("mid");
    if (!require(lowRankFits(weight, up, down, middle), weight, "up", "mid", "down")) {
      return;
    }
    long rank = down.shape().dim(0);
    double alpha = alpha();
    double factor = (Double.isNaN(alpha) ? factors.alpha(component, layer, rank) : alpha) / rank;
    if (factors.isDora(component) && !has("magnitude") && !has("dora_scale")) {
      changes.accept(origin + ": the settings say DoRA, and " + layer + " has no lora_magnitude_vector");
    }
    add(layer + ".weight", factor, List.of("up", "mid", "down"),
        before -> middle == null ? LowRankProduct.of(up, down) : LowRankProduct.of(up, false, middle, down));
    if (has("up_bias") && biasFits("up_bias")) {
      Tensor bias = parts.get("up_bias");
      updates.add(new WeightUpdate(layer + ".bias", factor, List.of(bias), before -> Deltas.difference(bias, 1), null,
          false));
    }
  }

  /** A convolution's update may lie as a matrix, and the other way round. */
  private static boolean lowRankFits(Shape weight, Tensor up, Tensor down, Tensor middle) {
    if (weight.rank() < 2 || up.shape().rank() < 2 || down.shape().rank() < 2
        || middle != null && middle.shape().rank() < 2) {
      return false;
    }
    long rank = down.shape().dim(0);
    long inner = weight.elements() / weight.dim(0);
    long kernel = inner / weight.dim(1);
    return up.shape().dim(0) == weight.dim(0) && up.shape().elements() == weight.dim(0) * rank
        && (middle == null
            ? down.shape().elements() == rank * inner
            : down.shape().elements() == rank * weight.dim(1) && middle.shape().dim(0) == rank
                && middle.shape().dim(1) == rank && middle.shape().elements() == rank * rank * kernel);
  }

  private void hadamard(Shape weight) {
    Tensor a1 = part("hada_w1_a");
    Tensor b1 = part("hada_w1_b");
    Tensor a2 = part("hada_w2_a");
    Tensor b2 = part("hada_w2_b");
    boolean core = has("hada_t1") || has("hada_t2");
    Tensor t1 = core ? part("hada_t1") : null;
    Tensor t2 = core ? part("hada_t2") : null;
    if (require(hadamardFits(weight, a1, b1, t1) && hadamardFits(weight, a2, b2, t2), weight, "hada_w1_a", "hada_w1_b",
        "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2")) {
      add(layer + ".weight", alphaOver(b1.shape().dim(0)),
          List.of("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"),
          before -> core
              ? Deltas.hadamard(LowRankProduct.of(a1, true, t1, b1), LowRankProduct.of(a2, true, t2, b2))
              : Deltas.hadamard(LowRankProduct.of(a1, b1), LowRankProduct.of(a2, b2)));
    }
  }

  /** (O, R) x (R, I), or with a core (A, O), (A, B, K), (B, I). */
  private static boolean hadamardFits(Shape weight, Tensor a, Tensor b, Tensor core) {
    if (core == null) {
      return lowRankFits(weight, a, b, null);
    }
    if (weight.rank() < 2 || a.shape().rank() != 2 || b.shape().rank() != 2 || core.shape().rank() < 2) {
      return false;
    }
    long kernel = weight.elements() / weight.dim(0) / weight.dim(1);
    return a.shape().dim(1) == weight.dim(0) && b.shape().dim(1) == weight.dim(1)
        && core.shape().dim(0) == a.shape().dim(0) && core.shape().dim(1) == b.shape().dim(0)
        && core.shape().elements() == a.shape().dim(0) * b.shape().dim(0) * kernel;
  }

  private void kronecker(Shape weight) {
    boolean whole1 = has("lokr_w1");
    boolean whole2 = has("lokr_w2");
    Tensor a1 = part(whole1 ? "lokr_w1" : "lokr_w1_a");
    Tensor b1 = whole1 ? null : part("lokr_w1_b");
    Tensor a2 = part(whole2 ? "lokr_w2" : "lokr_w2_a");
    Tensor b2 = whole2 ? null : part("lokr_w2_b");
    Tensor core = whole2 ? null : parts.get("lokr_t2");
    String[] names = {"lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"};
    if (!require(kroneckerFits(weight, a1, b1, a2, b2, core), weight, names)) {
      return;
    }
    long rows2 = core != null ? a2.shape().dim(1) : a2.shape().dim(0);
    long columns1 = whole1 ? a1.shape().elements() / a1.shape().dim(0) : b1.shape().elements() / b1.shape().dim(0);
    long columns2 = weight.elements() / weight.dim(0) / columns1;
    // the factors' own rank; two whole ones have none, and alpha then means nothing
    double factor = b2 != null ? alphaOver(b2.shape().dim(0)) : b1 != null ? alphaOver(b1.shape().dim(0)) : 1;
    add(layer + ".weight", factor, List.of(names), before -> {
      float[] first = whole1 ? a1.toFloats() : LowRankProduct.of(a1, b1).whole();
      float[] second = whole2 ? a2.toFloats()
          : core == null ? LowRankProduct.of(a2, b2).whole() : LowRankProduct.of(a2, true, core, b2).whole();
      return Deltas.kronecker(first, Math.toIntExact(columns1), second, Math.toIntExact(rows2),
          Math.toIntExact(columns2));
    });
  }

  private static boolean kroneckerFits(Shape weight, Tensor a1, Tensor b1, Tensor a2, Tensor b2, Tensor core) {
    if (Stream.of(a1, b1, a2, b2, core).anyMatch(t -> t != null && (t.shape().rank() < 2 || t.shape().elements() == 0))
        || weight.rank() < 2) {
      return false;
    }
    long inner = weight.elements() / weight.dim(0);
    long rows1 = a1.shape().dim(0);
    long columns1 = b1 == null ? a1.shape().elements() / rows1 : b1.shape().elements() / b1.shape().dim(0);
    if (b1 != null && a1.shape().elements() != rows1 * b1.shape().dim(0)) {
      return false;
    }
    long rows2 = core == null ? a2.shape().dim(0) : a2.shape().dim(1);
    long columns2;
    if (b2 == null) {
      columns2 = a2.shape().elements() / rows2;
    } else if (core == null) {
      columns2 = b2.shape().elements() / b2.shape().dim(0);
      if (a2.shape().elements() != rows2 * b2.shape().dim(0)) {
        return false;
      }
    } else {
      long taps = core.shape().elements() / core.shape().dim(0) / core.shape().dim(1);
      columns2 = b2.shape().dim(1) * taps;
      if (core.shape().dim(0) != a2.shape().dim(0) || core.shape().dim(1) != b2.shape().dim(0)
          || a2.shape().rank() != 2 || b2.shape().rank() != 2) {
        return false;
      }
    }
    return rows1 * rows2 == weight.dim(0) && columns1 * columns2 == inner;
  }

  private void generalized(Shape weight) {
    Tensor a1 = part("a1");
    Tensor a2 = part("a2");
    Tensor b1 = part("b1");
    Tensor b2 = part("b2");
    String[] names = {"a1", "a2", "b1", "b2"};
    if (Stream.of(a1, a2, b1, b2).anyMatch(t -> t.shape().rank() < 2) || weight.rank() < 2) {
      require(false, weight, names);
      return;
    }
    // LyCORIS once had the factors the other way round
    long rank = a1.shape().dim(1);
    boolean older = b2.shape().dim(1) == a1.shape().dim(0) && b1.shape().dim(0) == a1.shape().dim(0)
        && a2.shape().dim(1) == a1.shape().dim(0);
    boolean newer = b2.shape().dim(0) == rank && b1.shape().dim(1) == rank && a2.shape().dim(0) == rank;
    if (older && (!newer || a2.shape().dim(0) == weight.dim(0) && weight.dim(0) == weight.dim(1))) {
      Tensor swap = a1;
      a1 = a2;
      a2 = swap;
      swap = b1;
      b1 = b2;
      b2 = swap;
      rank = a2.shape().dim(0);
    }
    long inputs = a2.shape().elements() / Math.max(1, rank);
    if (!require(rank > 0 && a1.shape().elements() == inputs * rank && a2.shape().elements() == inputs * rank
        && (inputs == weight.dim(1) || inputs == weight.elements() / weight.dim(0))
        && lowRankFits(weight, b1, b2, null), weight, names)) {
      return;
    }
    Tensor first = a1;
    Tensor second = a2;
    Tensor up = b1;
    Tensor down = b2;
    int r = Math.toIntExact(rank);
    add(layer + ".weight", alphaOver(rank), List.of(names), before -> Deltas.generalized(first.toFloats(),
        second.toFloats(), r, LowRankProduct.of(up, down), before));
  }

  private void rotation(Shape weight) {
    Tensor blocks = part("oft_blocks");
    Tensor rescale = parts.get("rescale");
    if (blocks.shape().rank() == 4) {
      changes.accept(origin + ": the update of " + layer + " is BOFT's, oft_blocks " + blocks.shape()
          + ", which is not read; convert it to whole differences");
      return;
    }
    if (!require(blocks.shape().rank() == 3 && blocks.shape().dim(1) == blocks.shape().dim(2) && weight.rank() > 1
        && blocks.shape().dim(0) * blocks.shape().dim(1) == weight.dim(0)
        && (rescale == null || rescale.shape().elements() == weight.dim(0)), weight, "oft_blocks", "rescale")) {
      return;
    }
    double most = alpha();
    add(layer + ".weight", 1, List.of("oft_blocks", "rescale"),
        before -> Deltas.rotation(blocks.toFloats(), blocks.shape().intDim(1), Double.isNaN(most) ? 0 : most,
            rescale == null ? null : rescale.toFloats(), before));
  }

  private void difference(String name, Shape weight, String end) {
    if (!has(name)) {
      return;
    }
    Tensor tensor = parts.get(name);
    if (weight == null ? !biasFits(name) : !require(sameRows(tensor, weight), weight, name)) {
      return;
    }
    if (end.equals(".weight")) {
      add(layer + end, 1, List.of(name), before -> Deltas.difference(tensor, before.inner()));
    } else {
      updates.add(
          new WeightUpdate(layer + end, 1, List.of(tensor), before -> Deltas.difference(tensor, 1), null, false));
    }
  }

  private void replacement(String name, String end) {
    if (!has(name)) {
      return;
    }
    Tensor tensor = parts.get(name);
    if (end.equals(".bias") ? biasFits(name)
        : require(sameRows(tensor, weights.tensor(layer + end).shape()), weights.tensor(layer + end).shape(), name)) {
      updates.add(new WeightUpdate(layer + end, 1, List.of(tensor), before -> Deltas.replacement(tensor, before), null,
          true));
    }
  }

  private static boolean sameRows(Tensor tensor, Shape weight) {
    return tensor.shape().rank() > 0 && tensor.shape().elements() == weight.elements()
        && tensor.shape().dim(0) == weight.dim(0);
  }

  private boolean biasFits(String name) {
    String bias = layer + ".bias";
    if (!weights.has(bias)) {
      changes.accept(origin + ": has " + LoraKey.inWords(name) + " for " + layer
          + ", which has no bias; is the LoRA for another kind of model?");
      return false;
    }
    Shape shape = weights.tensor(bias).shape();
    return require(parts.get(name).shape().elements() == shape.elements(), shape, name);
  }
}
