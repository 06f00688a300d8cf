package dev.langevin.training.evaluation;

import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.ojalgo.matrix.decomposition.Eigenvalue;
import org.ojalgo.matrix.decomposition.SingularValue;
import org.ojalgo.matrix.store.MatrixStore;
import org.ojalgo.matrix.store.R064Store;

/**
 * The Fréchet distance of two sets of features, each taken for a Gaussian with its mean m and covariance C: |m1 - m2|^2
 * + tr(C1 + C2 - 2 (C1 C2)^(1/2)). From 0, where means and covariances agree, without a limit, in the features' unit
 * squared; less is better.
 *
 * <p>
 * It is no FID: that name belongs to the same formula over one published network's features, and values over other
 * features cannot be compared with it, nor with each other. With n samples it is too large by about a constant over n,
 * so that only values of equal counts may be compared, and n should be well above the features' width.
 *
 * <p>
 * Heusel et al., "GANs trained by a two time-scale update rule", arXiv:1706.08500, equation 6; Dowson and Landau, "The
 * Fréchet distance between multivariate normal distributions", 1982.
 */
public final class FrechetDistance {

  private FrechetDistance() {}

  /**
   * Of two sets; which is first makes no difference.
   *
   * @throws IllegalArgumentException if their widths differ, or one has fewer than two rows
   */
  public static double between(Features first, Features second) {
    first.requireSameWidth(second);
    return between(Gaussian.of(first), Gaussian.of(second));
  }

  /**
   * Of two sets whose means and covariances are known.
   *
   * @throws IllegalArgumentException if their widths differ, or a covariance has an eigenvalue clearly below 0
   */
  public static double between(Gaussian first, Gaussian second) {
    int d = first.width();
    if (d != second.width()) {
      throw new IllegalArgumentException(
          "Fréchet distance: one Gaussian has " + d + " dimensions, the other " + second.width());
    }
    double squared = 0;
    double traces = 0;
    for (int i = 0; i < d; i++) {
      double difference = first.mean()[i] - second.mean()[i];
      squared += difference * difference;
      traces += first.covariance()[i * d + i] + second.covariance()[i * d + i];
    }
    return squared + Math.max(0, traces - 2 * traceOfRoot(first, second)); // below 0 by rounding only
  }

  /**
   * tr((C1 C2)^(1/2)), the sum of the roots of the eigenvalues of C1^(1/2) C2 C1^(1/2). With any A A^T = C1 and B B^T =
   * C2 these roots are the singular values of A^T B. Taken so, what should be 0 is wrong by a rounding; as the root of
   * an eigenvalue it would be wrong by the root of a rounding, which shows in the sum where many are 0.
   */
  private static double traceOfRoot(Gaussian first, Gaussian second) {
    R064Store a = root(first); // (d, rank of C1)
    R064Store b = root(second); // (d, rank of C2)
    if (a.getColDim() == 0 || b.getColDim() == 0) {
      return 0;
    }
    MatrixStore<Double> product = a.transpose().multiply(b);
    SingularValue<Double> decomposition = SingularValue.R064.make(product);
    if (!decomposition.computeValuesOnly(product)) {
      throw new ArithmeticException(
          "Fréchet distance: the singular values of a product of covariances' roots were not found");
    }
    double[] singularValues = new double[Math.min(a.getColDim(), b.getColDim())];
    decomposition.getSingularValues(singularValues);
    return DoubleStream.of(singularValues).sum();
  }

  /** Eigenvectors times the roots of their eigenvalues, without those that are 0 to rounding. */
  private static R064Store root(Gaussian gaussian) {
    int d = gaussian.width();
    R064Store covariance = R064Store.FACTORY.make(d, d);
    System.arraycopy(gaussian.covariance(), 0, covariance.data, 0, d * d); // symmetric, so its rows are its columns
    Eigenvalue<Double> decomposition = Eigenvalue.R064.make(covariance, true);
    if (!decomposition.decompose(covariance)) {
      throw new ArithmeticException(
          "Fréchet distance: the eigenvalues of a covariance of width " + d + " were not found");
    }
    double[] eigenvalues = new double[d];
    decomposition.getEigenvalues(eigenvalues, Optional.empty());
    double largest = DoubleStream.of(eigenvalues).map(Math::abs).max().orElseThrow();
    double rounding = largest * d * Math.ulp(1.0); // an eigenvalue's error (Golub and Van Loan, Matrix Computations,
                                                   // 8.1), generously
    int[] kept = IntStream.range(0, d).filter(j -> eigenvalues[j] > rounding).toArray();
    double least = DoubleStream.of(eigenvalues).min().orElseThrow();
    if (least < -1e3 * rounding) {
      throw new IllegalArgumentException(
          "Fréchet distance: a covariance has the eigenvalue " + least + " and none may be below 0; the"
              + " largest is " + largest);
    }
    R064Store root = R064Store.FACTORY.make(d, kept.length);
    for (int column = 0; column < kept.length; column++) {
      for (int i = 0; i < d; i++) {
        root.data[column * d + i] =
            decomposition.getV().doubleValue(i, kept[column]) * Math.sqrt(eigenvalues[kept[column]]);
      }
    }
    return root;
  }
}
