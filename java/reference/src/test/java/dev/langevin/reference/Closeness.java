package dev.langevin.reference;

import dev.langevin.tensor.Tensor;

/** Comparisons that say where and by how much. */
public final class Closeness {

  /**
   * Where every 3x3 convolution is made to be Winograd's F(4x4), bounds made for sums in the definition's order grow as
   * its error does. Its root mean square is that of a sum in f32 times 1.8 from 64 channels on, where the planner takes
   * it, but times 3.3 with 4, as the transforms' own rounding does not depend on the channels; the cases' networks have
   * few. Where the planner chooses, bounds stay.
   */
  private static final double GROWTH = "always".equals(System.getProperty("langevin.winograd")) ? 3.3 : 1;

  /**
   * Four standard deviations of what rounding to f32 does to the conditional network's gradients, in parts of a
   * tensor's largest entry. Changing each weight by one unit in its last place at the most moves the gradient, in
   * double precision, by up to 1.2e-4 (24 draws), and a sum in f32 is the exact one of weights changed so. Against
   * double precision, at 16 networks near the case's (each weight changed by up to 1e-4 of itself), the worst entry, of
   * the gamma of the middle block's second layer normalisation, is off by a root mean square of 1.0e-4 with AVX2 and of
   * 0.9e-4 with SSE, its mean within 1.1 standard errors of zero: the errors lie along one direction with either sign,
   * which is the case's conditioning and no kernel's bias.
   */
  static final double CONDITIONAL_GRADIENTS = 4e-4;

  private Closeness() {}

  public static void assertClose(String tensor, Tensor actual, Tensor expected, double bound) {
    if (actual.shape().elements() != expected.shape().elements()) {
      throw new AssertionError(tensor + ": shape " + actual.shape() + ", expected " + expected.shape());
    }
    assertClose(tensor, actual.toFloats(), expected.toFloats(), bound);
  }

  public static void assertClose(String tensor, float[] actual, float[] expected, double bound) {
    if (actual.length != expected.length) {
      throw new AssertionError(tensor + ": " + actual.length + " elements, expected " + expected.length);
    }
    Deviations.add(actual, expected);
    int worst = -1;
    double distance = -1;
    for (int i = 0; i < actual.length; i++) {
      double d = Math.abs((double) actual[i] - expected[i]);
      if (Double.isNaN(d) && Float.compare(actual[i], expected[i]) != 0) {
        d = Double.POSITIVE_INFINITY;
      }
      if (d > distance) {
        distance = d;
        worst = i;
      }
    }
    if (distance > bound * GROWTH) {
      throw new AssertionError("%s: worst index %d, expected %s, actual %s, difference %.3g, bound %.3g"
          .formatted(tensor, worst, expected[worst], actual[worst], distance, bound * GROWTH));
    }
  }

  static void assertEqual(String tensor, long[] actual, long[] expected) {
    int at = java.util.Arrays.mismatch(actual, expected);
    if (at >= 0) {
      throw new AssertionError(tensor + ": index " + at + ", expected "
          + (at < expected.length ? expected[at] : "nothing") + ", actual "
          + (at < actual.length ? actual[at] : "nothing"));
    }
  }
}
