package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FrechetDistanceTest {

  private static Gaussian gaussian(double[] mean, double... covariance) {
    return new Gaussian(mean, covariance);
  }

  /**
   * Of independent columns the distance is the sum of (m1 - m2)^2 + (s1 - s2)^2, s the deviations: 9 + (2 - 1)^2 + (3 -
   * 5)^2.
   */
  @Test
  void shouldCompareDeviationsWhereCovariancesAreDiagonal() {
    double distance = FrechetDistance.between(
        gaussian(new double[] {3, 0}, 4, 0, 0, 9), gaussian(new double[] {0, 0}, 1, 0, 0, 25));
    assertThat(distance).isCloseTo(14, within(1e-12));
  }

  /** Both have the eigenvectors (1, 1) and (1, -1): eigenvalues 9 and 1 against 16 and 4, so (3 - 4)^2 + (1 - 2)^2. */
  @Test
  void shouldCompareEigenvaluesWhereCovariancesCommute() {
    double distance =
        FrechetDistance.between(gaussian(new double[2], 5, 4, 4, 5), gaussian(new double[2], 10, 6, 6, 10));
    assertThat(distance).isCloseTo(2, within(1e-12));
  }

  /**
   * C1 = diag(1, 4), C2 = [2 1; 1 2]: C1 C2 = [2 1; 4 8] has trace 10 and determinant 12, and of two dimensions the
   * root's trace is sqrt(trace + 2 sqrt(determinant)). Element by element, or as root(C1) root(C2), it would come out
   * otherwise.
   */
  @Test
  void shouldTakeTheMatrixRootWhereCovariancesDoNotCommute() {
    double distance = FrechetDistance.between(gaussian(new double[2], 1, 0, 0, 4), gaussian(new double[2], 2, 1, 1, 2));
    assertThat(distance).isCloseTo(5 + 4 - 2 * Math.sqrt(10 + 2 * Math.sqrt(12)), within(1e-12));
  }

  /** C1 = [1 1; 1 1] and C2 = diag(1, 0) are of rank 1: C1 C2 has the eigenvalues 1 and 0, so 2 + 1 - 2. */
  @Test
  void shouldTakeCovariancesOfLowerRank() {
    assertThat(FrechetDistance.between(gaussian(new double[2], 1, 1, 1, 1), gaussian(new double[2], 1, 0, 0, 0)))
        .isCloseTo(1, within(1e-12));
    assertThat(FrechetDistance.between(gaussian(new double[2], 0, 0, 0, 0), gaussian(new double[] {2, 0}, 1, 0, 0, 2)))
        .isCloseTo(4 + 3, within(1e-12));
  }

  /** (0, 0), (2, 0), (0, 2), (2, 2) have the mean (1, 1) and, over n - 1, the variances 4 / 3. */
  @Test
  void shouldDivideTheCovarianceByOneLessThanTheCount() {
    Gaussian gaussian = Gaussian.of(Features.of(new float[][] {{0, 0}, {2, 0}, {0, 2}, {2, 2}}));
    assertThat(gaussian.mean()).containsExactly(1, 1);
    assertThat(gaussian.covariance()).containsExactly(new double[] {4 / 3., 0, 0, 4 / 3.}, within(1e-15));
  }

  /** More rows than one product takes; a large mean would drown the variance if it were not subtracted first. */
  @Test
  void shouldKeepASmallVarianceBesideALargeMean() {
    Gaussian gaussian = Gaussian.of(Points.normal(1, 10_000, 3, 1, 4096));
    assertThat(gaussian.covariance()).containsExactly(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, within(0.06));
  }

  /** n = 20 rows of 64: 45 eigenvalues that should be 0 and are not, some of them below. */
  @Test
  void shouldBeFiniteAndZeroOnItselfWithFewerRowsThanColumns() {
    Features few = Points.normal(1, 20, 64, 1, 0);
    assertThat(FrechetDistance.between(few, few)).isCloseTo(0, within(1e-10));
    assertThat(FrechetDistance.between(few, Points.normal(2, 20, 64, 1, 0))).isFinite().isPositive();
  }

  @Property(tries = 30)
  void shouldBeSymmetricZeroOnItselfAndNeverNegative(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 60) int rows,
      @ForAll @IntRange(min = 1, max = 40) int width) {
    Features first = Points.normal(seed, rows, width, 1, 0);
    Features second = Points.normal(seed + 1, rows + 3, width, 2, 1);
    double distance = FrechetDistance.between(first, second);
    assertThat(distance).isPositive();
    assertThat(FrechetDistance.between(second, first)).isCloseTo(distance, within(1e-9 * distance));
    assertThat(FrechetDistance.between(first, first)).isBetween(0.0, 1e-9);
  }

  /**
   * Turning both sets by the same Givens rotations changes no distance between them; float rounding is all that is
   * left.
   */
  @Property(tries = 30)
  void shouldNotChangeUnderARotation(@ForAll long seed, @ForAll @IntRange(min = 2, max = 20) int width) {
    Features first = Points.normal(seed, 50, width, 1, 0);
    Features second = Points.normal(seed + 1, 50, width, 1.5, 0.5);
    double distance = FrechetDistance.between(first, second);
    assertThat(FrechetDistance.between(rotated(first), rotated(second))).isCloseTo(distance, within(1e-4 * distance));
  }

  private static Features rotated(Features features) {
    float[] values = features.values().clone();
    for (int row = 0; row < features.rows(); row++) {
      for (int j = 1; j < features.width(); j++) {
        int place = row * features.width() + j;
        float left = values[place - 1];
        values[place - 1] = (float) (Math.cos(j) * left - Math.sin(j) * values[place]);
        values[place] = (float) (Math.sin(j) * left + Math.cos(j) * values[place]);
      }
    }
    return new Features(features.rows(), features.width(), values);
  }

  @Test
  void shouldRefuseWhatCannotBeCompared() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FrechetDistance.between(Points.line(1, 2), Points.normal(1, 3, 2, 1, 0)))
        .withMessage(
            "features: one set has vectors of 1 values, the other of 2; both must come from the same network and"
                + " layer");
    assertThatIllegalArgumentException().isThrownBy(() -> FrechetDistance.between(Points.line(1), Points.line(1, 2)))
        .withMessage("Gaussian: a covariance needs at least 2 rows, there is 1");
    assertThatIllegalArgumentException().isThrownBy(() -> gaussian(new double[2], 1, 0, 0))
        .withMessage("Gaussian: the mean has 2 values and the covariance 3; wanted are d, at least 1, and d * d");
    assertThatIllegalArgumentException().isThrownBy(() -> gaussian(new double[1], Double.NaN))
        .withMessage("Gaussian: the covariance holds NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FrechetDistance.between(gaussian(new double[1], 1), gaussian(new double[2], 1, 0, 0, 1)))
        .withMessage("Fréchet distance: one Gaussian has 1 dimensions, the other 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> FrechetDistance.between(gaussian(new double[2], 1, 0, 0, -1), gaussian(new double[2], 1, 0, 0, 1)))
        .withMessage(
            "Fréchet distance: a covariance has the eigenvalue -1.0 and none may be below 0; the largest is 1.0");
  }
}
