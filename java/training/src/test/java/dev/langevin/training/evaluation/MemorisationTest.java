package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemorisationTest {

  private static final int WIDTH = 12;
  private final Features training = Points.normal(1, 1000, WIDTH, 1, 0);

  /** The first rows of the training set with a little noise, then new ones. */
  private Features samples(int copies, double noise) {
    SplittableRandom random = new SplittableRandom(3);
    float[] values = Points.normal(2, 500, WIDTH, 1, 0).values();
    for (int i = 0; i < copies * WIDTH; i++) {
      values[i] = (float) (training.values()[i] + noise * random.nextGaussian());
    }
    return new Features(500, WIDTH, values);
  }

  @Test
  void shouldNotAccuseAModelOfTheSameDistribution() {
    Memorisation measured = Memorisation.of(samples(0, 0), training);
    assertThat(measured.verdict()).isEqualTo(Memorisation.Verdict.NOT_MEMORISED).hasToString("not memorised");
    assertThat(measured.nearShare()).isCloseTo(0.01, within(0.02));
    assertThat(measured.baselineNearShare()).isEqualTo(0.01);
    assertThat(measured.medianDistance()).isCloseTo(measured.baselineMedianDistance(), within(0.1));
    assertThat(measured.samples()).isEqualTo(500);
    assertThat(measured.baseline()).isEqualTo(1000);
  }

  @Test
  void shouldFindCopiesAndNameTheirExamples() {
    Memorisation measured = Memorisation.of(samples(50, 0.01), training);
    assertThat(measured.verdict()).isEqualTo(Memorisation.Verdict.COPIED);
    assertThat(measured.singledShare()).isCloseTo(0.1, within(0.001));
    assertThat(measured.nearShare()).isGreaterThanOrEqualTo(0.1);
    assertThat(measured.closest()).hasSize(20).allSatisfy(closest -> {
      assertThat(closest.sample()).isEqualTo(closest.example()).isLessThan(50);
      assertThat(closest.ratio()).isLessThan(0.1);
    });
  }

  /** Half as wide: everything is nearer to something, and nothing is a copy. */
  @Test
  void shouldTellNearnessFromCopying() {
    Memorisation measured = Memorisation.of(Points.normal(2, 500, WIDTH, 0.5, 0), training);
    assertThat(measured.verdict()).isEqualTo(Memorisation.Verdict.NEARER);
    assertThat(measured.medianDistance()).isLessThan(measured.baselineMedianDistance());
    assertThat(measured.singledShare()).isZero();
  }

  /**
   * Where the training set repeats itself, a distance of 0 is nothing special: no sample can be nearer than its
   * examples are.
   */
  @Test
  void shouldTakeDuplicatesInTheTrainingSetForNormal() {
    Features repeated = Points.line(0, 0, 1, 1, 2, 2, 3, 3);
    Memorisation measured = Memorisation.of(Points.line(0, 1, 2, 3), repeated);
    assertThat(measured.threshold()).isZero();
    assertThat(measured.nearShare()).isEqualTo(1);
    assertThat(measured.baselineNearShare()).isEqualTo(1);
    assertThat(measured.baselineSingledShare()).isEqualTo(1);
    assertThat(measured.verdict()).isEqualTo(Memorisation.Verdict.NOT_MEMORISED);
  }

  /** Distances 1, 2, 3, 4 by hand: the 50th percentile is 2. */
  @Test
  void shouldTakeAPercentileOfTheBaseline() {
    Features examples = Points.line(0, 1000, 2000, 3000, 4000);
    NearestNeighbours baseline = NearestNeighbours.of(Points.line(1, 1002, 2003, 3004), examples, 2);
    NearestNeighbours samples = NearestNeighbours.of(Points.line(2, 1003, 2500), examples, 2);
    Memorisation measured = Memorisation.of(samples, baseline, 50);
    assertThat(measured.threshold()).isEqualTo(2);
    assertThat(measured.nearShare()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(measured.medianDistance()).isEqualTo(3);
    assertThat(measured.baselineMedianDistance()).isEqualTo(2.5);
    assertThat(measured.closest().getLast()).isEqualTo(new Memorisation.Closest(2, 2, 500, 1));
  }

  @Test
  void shouldRefuseWhatItCannotJudge() {
    NearestNeighbours one = NearestNeighbours.of(Points.line(0), Points.line(1, 2), 1);
    NearestNeighbours two = NearestNeighbours.of(Points.line(0), Points.line(1, 2), 2);
    assertThatIllegalArgumentException().isThrownBy(() -> Memorisation.of(two, one, 1))
        .withMessage(
            "memorisation: neighbours were sought with k 2 and 1; the second nearest is needed too, so take 2");
    assertThatIllegalArgumentException().isThrownBy(() -> Memorisation.of(two, two, Double.NaN))
        .withMessage("memorisation: the percentile is NaN; it must lie between 0 and 100");
    assertThatIllegalArgumentException().isThrownBy(() -> Memorisation.of(Points.line(0), Points.line(1, 2)))
        .withMessage(
            "nearest neighbours: k is 2, where a row has 1 others besides itself; take k from 1 to that, or more rows");
  }
}
