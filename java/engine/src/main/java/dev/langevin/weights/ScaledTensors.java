package dev.langevin.weights;

import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Scaled;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tensors with the factors that belong to them: {@code KEY.weight} of 8 bits is to be multiplied by what lies beside it
 * as {@code KEY.weight_scale}, {@code KEY.scale_weight} or, despite its name, {@code KEY.weight_scale_inv}: one number,
 * one for each row, or, as the last alone, one for each block of 128 x 128. The factors then have no names of their
 * own, nor has what concerns products of 8-bit matrices only ({@code KEY.input_scale}, {@code KEY.scale_input}) or
 * tells what tensors tell themselves ({@code scaled_fp8}, {@code KEY.comfy_quant}).
 *
 * <p>
 * What else lies beside such a weight and speaks of scales or quantisation is refused: without it the weight means
 * something else.
 */
final class ScaledTensors implements NamedTensors {

  private static final Pattern FACTOR = Pattern.compile("((?:.*\\.)?)(weight_scale|scale_weight|weight_scale_inv)");

  private static final Pattern OF_INPUT = Pattern.compile("((?:.*\\.)?)(input_scale|scale_input)");

  private static final Pattern MARKER = Pattern.compile("(?:.*\\.)?scaled_fp8");

  /** Whatever speaks of how a weight is quantised. */
  private static final Pattern NOTED = Pattern.compile("((?:.*\\.)?)[^.]*(scale|quant|zero_point|zeros|absmax)[^.]*");

  /**
   * Side of the blocks that have a factor each: what DeepSeek-V3 (arXiv:2412.19437) uses, and all who write
   * {@code weight_scale_inv}.
   */
  private static final int BLOCK = 128;

  private final NamedTensors stored;
  private final Set<String> names;
  private final Map<String, String> factors; // names by the weights' names

  private ScaledTensors(NamedTensors stored, Set<String> names, Map<String, String> factors) {
    this.stored = stored;
    this.names = names;
    this.factors = factors;
  }

  /**
   * Finds the factors.
   *
   * @param files whose tensors these are: in the free text of any ComfyUI may name its layers' formats
   * @return {@code stored} itself where there are none
   * @throws WeightsException naming a factor without weight, of another shape, or what is not understood
   */
  static NamedTensors of(NamedTensors stored, List<WeightFile> files) {
    Map<String, String> factors = new LinkedHashMap<>();
    Set<String> aside = new LinkedHashSet<>();
    ComfyQuant formats = new ComfyQuant(stored);
    for (String name : stored.names()) {
      Matcher factor = FACTOR.matcher(name);
      Matcher input = OF_INPUT.matcher(name);
      Matcher noted = NOTED.matcher(name);
      if (factor.matches()) {
        String weight = factor.group(1) + "weight";
        if (factors.put(weight, name) != null) {
          throw new WeightsException(
              stored.origin() + ": '" + weight + "' has factors twice, one of them '" + name + "'");
        }
        aside.add(name);
      } else if (ComfyQuant.isNote(name)) {
        formats.check(name);
        aside.add(name);
      } else if (MARKER.matcher(name).matches() && stored.tensor(name).encoding().isFloatingPoint()
          || input.matches() && stored.has(input.group(1) + "weight")) {
        aside.add(name);
      } else if (noted.matches() && isFloat8(stored, noted.group(1))) {
        throw new WeightsException(stored.origin() + ": '" + name + "' lies beside a weight of "
            + stored.tensor(noted.group(1) + "weight").encoding().name()
            + " and is not understood; known are weight_scale, scale_weight,"
            + " weight_scale_inv, input_scale, scale_input and comfy_quant; use the model's f16 or bf16 file");
      }
    }
    files.forEach(file -> formats.check(file.metadata()));
    if (aside.isEmpty()) {
      return stored;
    }
    Set<String> names = new LinkedHashSet<>(stored.names());
    names.removeAll(aside);
    ScaledTensors scaled = new ScaledTensors(stored, names, factors);
    factors.keySet().forEach(scaled::tensor); // shapes that do not fit are told now
    return scaled;
  }

  private static boolean isFloat8(NamedTensors stored, String prefix) {
    return stored.has(prefix + "weight") && stored.tensor(prefix + "weight").encoding() instanceof Float8;
  }

  @Override
  public Tensor tensor(String name) {
    if (stored.has(name) && !names.contains(name)) {
      throw new WeightsException(
          stored.origin() + ": '" + name + "' is no tensor of its own, it tells how others are stored");
    }
    Tensor tensor = null;
    String factor = factors.get(name);
    if (factor == null || stored.has(name)) {
      tensor = stored.tensor(name);
    }
    return factor == null ? tensor : scaled(name, tensor, factor);
  }

  private Tensor scaled(String name, Tensor tensor, String factor) {
    String what = stored.origin() + ": '" + factor + "'";
    Tensor factors = stored.tensor(factor);
    if (tensor == null || !tensor.encoding().isFloatingPoint()) {
      throw new WeightsException(what + " is there, but " + (tensor == null ? "no '" + name + "'"
          : "'" + name + "' is " + tensor.encoding().name() + ", which it is not known how to scale")
          + "; is the file whole, and of 8-bit floating-point numbers?");
    }
    Encoding encoding =
        factors.encoding().isFloatingPoint() ? encoding(tensor, factors, factor.endsWith("_inv")) : null;
    if (encoding == null) {
      throw new WeightsException(
          what + " is " + factors.encoding().name() + factors.shape() + ", must be floating-point, and of '" + name
              + "', which is " + tensor.shape() + ", one number, one a row"
              + (factor.endsWith("_inv") ? ", or one a block of 128 x 128" : ""));
    }
    return new Tensor(encoding, tensor.shape(), tensor.data());
  }

  /** Null where the shapes do not fit. */
  private static Encoding encoding(Tensor tensor, Tensor factors, boolean blocks) {
    Shape shape = tensor.shape();
    Shape given = factors.shape();
    long elements = shape.elements();
    long rows = shape.rank() == 0 ? 1 : shape.dim(0);
    long columns = rows == 0 ? 0 : elements / rows;
    if (elements == 0) {
      return tensor.encoding();
    }
    if (given.elements() == 1) {
      return Scaled.of(tensor.encoding(), factors.toFloats(), 1, elements, 1, elements);
    }
    if (given.rank() >= 1 && given.dim(0) == rows && given.elements() == rows) {
      return Scaled.of(tensor.encoding(), factors.toFloats(), rows, columns, 1, columns);
    }
    boolean fit =
        blocks && shape.rank() == 2 && given.equals(Shape.of(Math.ceilDiv(rows, BLOCK), Math.ceilDiv(columns, BLOCK)));
    return fit ? Scaled.of(tensor.encoding(), factors.toFloats(), rows, columns, BLOCK, BLOCK) : null;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(names);
  }

  @Override
  public String origin() {
    return stored.origin();
  }

  @Override
  public String identity() {
    return stored.identity();
  }

  @Override
  public void unload() {
    stored.unload();
  }
}
