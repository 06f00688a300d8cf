package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PrecisionRecallTest {

  /** Needs distances that are equal to the last bit whichever row comes first and whatever block it is in. */
  @Property(tries = 20)
  void shouldBeOneOnItself(@ForAll long seed, @ForAll @IntRange(min = 4, max = 600) int rows,
      @ForAll @IntRange(min = 1, max = 70) int width) {
    Features features = Points.normal(seed, rows, width, 1, 3);
    PrecisionRecall measured = PrecisionRecall.of(features, features);
    assertThat(measured.precision()).isEqualTo(1);
    assertThat(measured.recall()).isEqualTo(1);
    assertThat(measured.coverage()).isEqualTo(1);
    // Each ball holds its k neighbours and its own centre, so the balls hold k + 1 a picture.
    assertThat(measured.density()).isCloseTo(4 / 3.0, within(1e-12));
  }

  @Test
  void shouldBeZeroWhereTheSetsAreApart() {
    PrecisionRecall measured = PrecisionRecall.of(Points.normal(1, 500, 8, 1, 0), Points.normal(2, 500, 8, 1, 100));
    assertThat(measured).isEqualTo(new PrecisionRecall(0, 0, 0, 0, 3));
  }

  /** Real pictures in two places, generated ones in the first only. */
  @Test
  void shouldLoseRecallWhereAModeIsDropped() {
    Features real = Points.line(0, 1, 2, 3, 100, 101, 102, 103);
    Features generated = Points.line(0.5, 1.5, 2.5, 1);
    PrecisionRecall measured = PrecisionRecall.of(real, generated, 1);
    assertThat(measured.precision()).isEqualTo(1);
    assertThat(measured.recall()).isEqualTo(0.5); // radii 0.5, 0.5, 1, 0.5 reach 0, 1, 2, 3
    assertThat(measured.coverage()).isEqualTo(0.5);
    assertThat(measured.density()).isEqualTo((2 + 2 + 2 + 3) / 4.0); // the balls are 1 wide
  }

  /**
   * Generated in two places, real in one: the mirror image, and what a swap of the arguments would not tell from the
   * last.
   */
  @Test
  void shouldLosePrecisionWhereSomethingElseIsMade() {
    Features real = Points.line(0, 1, 2, 3);
    PrecisionRecall measured = PrecisionRecall.of(real, Points.line(0.5, 1.5, 100, 101), 1);
    assertThat(measured.precision()).isEqualTo(0.5);
    assertThat(measured.recall()).isEqualTo(0.75); // 0, 1, 2 within the radius 1 around 0.5 and 1.5
  }

  @Test
  void shouldBeAboutOneDenseAndCoveredOfOneDistribution() {
    PrecisionRecall measured =
        PrecisionRecall.of(Points.normal(1, 2000, 16, 1, 0), Points.normal(2, 2000, 16, 1, 0), 5);
    assertThat(measured.density()).isCloseTo(1, within(0.1));
    // 1 - (N - 1)...(N - k) / (2 N - 1)...(2 N - k), about 1 - 2^-k, is to be expected of equal counts (Naeem et al.).
    assertThat(measured.coverage()).isCloseTo(1 - 1 / 32.0, within(0.02));
  }

  @Test
  void shouldRefuseTooFewRows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PrecisionRecall.of(Points.line(0, 1, 2), Points.line(0, 1, 2, 3)))
        .withMessage(
            "precision and recall: k is 3 and there are 3 real rows; take k from 1 to one less than the rows, or more"
                + " rows");
    assertThatIllegalArgumentException().isThrownBy(() -> PrecisionRecall.of(Points.line(0, 1, 2, 3), Points.line(0)))
        .withMessage(
            "precision and recall: k is 3 and there are 1 generated rows; take k from 1 to one less than the rows, or"
                + " more rows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PrecisionRecall.of(Points.line(0, 1), Points.normal(1, 9, 2, 1, 0)))
        .withMessageStartingWith("features: one set has vectors of 1 values, the other of 2");
  }
}
