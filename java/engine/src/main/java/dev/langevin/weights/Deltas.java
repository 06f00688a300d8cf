package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** The changes that adapters know beside {@link LowRankProduct}. */
final class Deltas {

  private Deltas() {}

  /** A whole difference, of the weight's shape or of as many elements. */
  static Delta difference(Tensor difference, int inner) {
    return (factor, row, column, sum) -> {
      float[] part = new float[sum.length];
      difference.copyFloats((long) row * inner + column, part.length, MemorySegment.ofArray(part));
      for (int i = 0; i < sum.length; i++) {
        sum[i] += factor * part[i];
      }
    };
  }

  /** What makes the weight another one: its difference from what was before. */
  static Delta replacement(Tensor weight, WeightBefore before) {
    Delta added = difference(weight, before.inner());
    return (factor, row, column, sum) -> {
      added.add(factor, row, column, sum);
      float[] part = before.part(row, column, sum.length);
      for (int i = 0; i < sum.length; i++) {
        sum[i] -= factor * part[i];
      }
    };
  }

  /** LoHa (Hyeon-Woo et al., arXiv:2108.06098): two products of low rank, multiplied element by element. */
  static Delta hadamard(LowRankProduct first, LowRankProduct second) {
    return (factor, row, column, sum) -> {
      double[] one = new double[sum.length];
      double[] two = new double[sum.length];
      first.add(factor, row, column, one);
      second.add(1, row, column, two);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += one[i] * two[i];
      }
    };
  }

  /**
   * LoKr (Edalati et al., arXiv:2212.10650): the Kronecker product of two matrices.
   *
   * @param first (R1, C1)
   * @param second (R2, C2), of a convolution with its kernel within C2
   */
  static Delta kronecker(float[] first, int columns1, float[] second, int rows2, int columns2) {
    return (factor, row, column, sum) -> {
      int own = row / rows2 * columns1;
      int other = row % rows2 * columns2;
      for (int i = 0; i < sum.length;) { // by what one entry of the first spans
        int at = (column + i) % columns2;
        int span = Math.min(columns2 - at, sum.length - i);
        double scale = factor * first[own + (column + i) / columns2];
        for (int k = 0; k < span; k++) {
          sum[i + k] += scale * second[other + at + k];
        }
        i += span;
      }
    };
  }

  /**
   * GLoRA (Chavan et al., arXiv:2306.07967) as LyCORIS has it: W x first x second + added.
   *
   * @param first (I, R) and {@code second} (R, I), of each tap of a kernel
   */
  static Delta generalized(float[] first, float[] second, int rank, LowRankProduct added, WeightBefore before) {
    int kernel = before.inner() / (second.length / rank);
    return (factor, row, column, sum) -> {
      added.add(factor, row, column, sum);
      float[] own = before.part(row, 0, before.inner());
      double[] between = new double[rank * kernel];
      for (int i = 0; i < own.length; i++) {
        for (int r = 0; r < rank; r++) {
          between[r * kernel + i % kernel] += own[i] * (double) first[i / kernel * rank + r];
        }
      }
      int inputs = second.length / rank;
      for (int i = 0; i < sum.length; i++) {
        int in = (column + i) / kernel;
        double value = 0;
        for (int r = 0; r < rank; r++) {
          value += between[r * kernel + (column + i) % kernel] * second[r * inputs + in];
        }
        sum[i] += factor * value;
      }
    };
  }

  /**
   * OFT (Qiu et al., arXiv:2306.07280): each block of rows is rotated by (1 + Q)(1 - Q)^-1, Q antisymmetric.
   *
   * @param blocks (count, size, size), of which Q is the antisymmetric part, twice
   * @param most the largest norm of all Q together, or 0 for any
   * @param rescale a factor for each row, or null
   */
  static Delta rotation(float[] blocks, int size, double most, float[] rescale, WeightBefore before) {
    double[][] rotations = Rotations.of(blocks, size, most);
    return (factor, row, column, sum) -> {
      double[] rotation = rotations[row / size];
      int first = row / size * size;
      double scale = rescale == null ? 1 : rescale[row];
      for (int n = 0; n < size; n++) {
        double own = scale * rotation[n * size + row % size] - (first + n == row ? 1 : 0);
        if (own != 0) {
          float[] part = before.part(first + n, column, sum.length);
          for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * own * part[i];
          }
        }
      }
    };
  }
}
