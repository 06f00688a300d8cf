package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * What a file of updates does to one tensor: W + strength * factor * delta; with a magnitude, the sum is brought to it
 * first.
 *
 * @param weight the tensor's name
 * @param factor alpha / rank, or 1
 * @param parts all tensors of the file that are read for it
 * @param form makes the change where the first element is decoded
 * @param magnitude or null
 * @param whole whether it stands in the weight's place, whatever the strength, unless that is 0
 */
record WeightUpdate(
    String weight,
    double factor,
    List<Tensor> parts,
    Function<WeightBefore, Delta> form,
    Magnitude magnitude,
    boolean whole) {

  /**
   * The lengths of a weight's rows or columns, learned apart (DoRA, Liu et al., arXiv:2402.09353).
   *
   * @param scale one for each row, or for each input channel
   * @param axis 0 for rows, 1 for input channels
   * @param alwaysOfSum whether every program divides by the sum's own lengths; else, along axis 0, ComfyUI divides by
   *   those before the change, as diffusers, PEFT, LyCORIS and AUTOMATIC1111 do not
   */
  record Magnitude(Tensor scale, int axis, boolean alwaysOfSum) {

    boolean ofSum(boolean asComfy) {
      return alwaysOfSum || axis == 1 || !asComfy;
    }
  }

  boolean isFinite() {
    return parts.stream().allMatch(Tensor::isFinite);
  }
}
