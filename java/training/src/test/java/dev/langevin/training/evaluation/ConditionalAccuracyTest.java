package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ConditionalAccuracyTest {

  private final Features logits = Features.of(new float[][] {{3, 1, 2}, {1, 3, 2}, {2, 3, 1}, {0, 1, 2}});

  @Test
  void shouldCountTheWantedAmongTheHighest() {
    ConditionalAccuracy measured = ConditionalAccuracy.of(logits, new int[] {0, 0, 0, 2}, 2);
    assertThat(measured.samples()).isEqualTo(4);
    assertThat(measured.accuracy()).isEqualTo(0.5);
    assertThat(measured.topK()).isEqualTo(0.75); // of the second row the wanted is the third
  }

  @Test
  void shouldConfuseByRowsOfTheWantedClass() {
    ConditionalAccuracy measured = ConditionalAccuracy.of(logits, new int[] {0, 0, 0, 2});
    assertThat(measured.confusion()).isDeepEqualTo(new int[][] {{1, 2, 0}, {0, 0, 0}, {0, 0, 1}});
    assertThat(measured.perClass()).containsExactly(1 / 3.0, Double.NaN, 1);
    assertThat(measured.k()).isEqualTo(3);
    assertThat(measured.topK()).isEqualTo(1);
  }

  /** A classifier whose logits are all alike must not be right about every class. */
  @Test
  void shouldTakeTheFirstOfEqualLogitsForTheHigher() {
    ConditionalAccuracy measured = ConditionalAccuracy.of(new Features(2, 3, new float[6]), new int[] {0, 2}, 2);
    assertThat(measured.accuracy()).isEqualTo(0.5);
    assertThat(measured.topK()).isEqualTo(0.5);
    assertThat(measured.confusion()).isDeepEqualTo(new int[][] {{1, 0, 0}, {0, 0, 0}, {1, 0, 0}});
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    assertThatIllegalArgumentException().isThrownBy(() -> ConditionalAccuracy.of(logits, new int[3]))
        .withMessage("conditional accuracy: 4 rows of logits and 3 wanted classes; one a row is needed");
    assertThatIllegalArgumentException().isThrownBy(() -> ConditionalAccuracy.of(logits, new int[] {0, 0, 3, 0}))
        .withMessage("conditional accuracy: row 2 wants class 3; there are 3, from 0");
    assertThatIllegalArgumentException().isThrownBy(() -> ConditionalAccuracy.of(logits, new int[4], 4))
        .withMessage("conditional accuracy: k is 4 of 3 classes");
  }
}
