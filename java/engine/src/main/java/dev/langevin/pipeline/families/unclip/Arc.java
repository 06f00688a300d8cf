package dev.langevin.pipeline.families.unclip;

import dev.langevin.tensor.Tensor;

/** Ways between embeddings, on the arc between their directions (arXiv:2204.06125, section 3). */
public final class Arc {

  private Arc() {}

  /** @param from (1, E), as {@code to} */
  static Tensor between(Tensor from, Tensor to, double part) {
    double[] a = from.toDoubles();
    double[] b = to.toDoubles();
    double lengthA = length(a);
    double lengthB = length(b);
    double cosine = 0;
    for (int i = 0; i < a.length; i++) {
      cosine += a[i] / lengthA * b[i] / lengthB;
    }
    double angle = Math.acos(Math.clamp(cosine, -1, 1));
    double sine = Math.sin(angle);
    boolean straight = sine < 1e-6; // too little of an arc to divide by
    double weightA = straight ? 1 - part : Math.sin((1 - part) * angle) / sine;
    double weightB = straight ? part : Math.sin(part * angle) / sine;
    double length = lengthA + part * (lengthB - lengthA);
    float[] result = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      result[i] = (float) ((weightA * a[i] / lengthA + weightB * b[i] / lengthB) * length);
    }
    return Tensor.ofFloats(result, 1, result.length);
  }

  /**
   * The direction from one text's embedding to another's, as long as a third embedding.
   *
   * @param from (E), as {@code to}
   */
  static Tensor difference(Tensor from, Tensor to, Tensor asLong) {
    double[] a = from.toDoubles();
    double[] b = to.toDoubles();
    double lengthA = length(a);
    double lengthB = length(b);
    double[] apart = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      apart[i] = b[i] / lengthB - a[i] / lengthA;
    }
    double scale = length(asLong.toDoubles()) / length(apart);
    float[] result = new float[apart.length];
    for (int i = 0; i < apart.length; i++) {
      result[i] = (float) (apart[i] * scale);
    }
    return Tensor.ofFloats(result, 1, result.length);
  }

  private static double length(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    if (sum == 0) {
      throw new IllegalArgumentException("an embedding of zeros has no direction");
    }
    return Math.sqrt(sum);
  }
}
