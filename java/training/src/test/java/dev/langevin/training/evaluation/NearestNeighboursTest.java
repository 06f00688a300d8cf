package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NearestNeighboursTest {

  /** Sizes around those of blocks and tiles, so that rows and columns left over are met. */
  @Property(tries = 40)
  void shouldFindWhatComparingAllFinds(@ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int rows,
      @ForAll @IntRange(min = 4, max = 520) int others, @ForAll @IntRange(min = 1, max = 261) int width) {
    Features first = Points.normal(seed, rows, width, 1, 0);
    Features second = Points.normal(seed + 1, others, width, 1, 0);
    NearestNeighbours found = NearestNeighbours.of(first, second, 4);
    for (int row = 0; row < rows; row += 37) {
      double[] distances = distances(first, row, second);
      List<Integer> order =
          IntStream.range(0, others).boxed().sorted(Comparator.comparingDouble(i -> distances[i])).toList();
      for (int rank = 0; rank < 4; rank++) {
        assertThat(found.distance(row, rank)).isCloseTo(distances[order.get(rank)],
            within(1e-5 * distances[order.get(rank)]));
        assertThat(distances[found.index(row, rank)]).isCloseTo(distances[order.get(rank)],
            within(1e-5 * distances[order.get(rank)]));
      }
    }
  }

  private static double[] distances(Features first, int row, Features second) {
    return IntStream.range(0, second.rows()).mapToDouble(other -> {
      double sum = 0;
      for (int i = 0; i < first.width(); i++) {
        double difference =
            (double) first.values()[row * first.width() + i] - second.values()[other * first.width() + i];
        sum += difference * difference;
      }
      return Math.sqrt(sum);
    }).toArray();
  }

  @Test
  void shouldPutTheFirstOfEquallyNearOnesFirst() {
    NearestNeighbours found = NearestNeighbours.of(Points.line(0), Points.line(5, 1, -1, 1), 4);
    assertThat(IntStream.range(0, 4).map(rank -> found.index(0, rank))).containsExactly(1, 2, 3, 0);
    assertThat(found.distance(0, 3)).isEqualTo(5);
  }

  /** A search that skipped neighbours at the distance 0 would pass over a duplicate. */
  @Test
  void shouldFindADuplicateButNotTheRowItself() {
    NearestNeighbours found = NearestNeighbours.within(Points.line(0, 3, 0, 7), 1);
    assertThat(IntStream.range(0, 4).map(row -> found.index(row, 0))).containsExactly(2, 0, 0, 1);
    assertThat(IntStream.range(0, 4).mapToDouble(row -> found.distance(row, 0))).containsExactly(0.0, 3.0, 0.0, 4.0);
    assertThat(found.others()).isEqualTo(3);
  }

  @Test
  void shouldCompareTheFirstRowsWithAllOthers() {
    NearestNeighbours found = NearestNeighbours.within(Points.line(0, 10, 9, 1), 2, 1);
    assertThat(found.rows()).isEqualTo(2);
    assertThat(found.index(0, 0)).isEqualTo(3);
    assertThat(found.index(1, 0)).isEqualTo(2);
  }

  /** A large mean beside small differences: of |x|^2 = 10^8 a float has no digit below 8. */
  @Test
  void shouldTellNearRowsFarFromTheOriginApart() {
    NearestNeighbours found = NearestNeighbours.of(Points.line(10_000), Points.line(10_000.5, 10_000.25, 9_999), 2);
    assertThat(found.index(0, 0)).isEqualTo(1);
    assertThat(found.distance(0, 0)).isEqualTo(0.25);
    assertThat(found.distance(0, 1)).isEqualTo(0.5);
  }

  @Test
  void shouldRefuseMoreNeighboursThanThereAre() {
    assertThatIllegalArgumentException().isThrownBy(() -> NearestNeighbours.of(Points.line(0), Points.line(1, 2), 3))
        .withMessage("nearest neighbours: k is 3, where a row has 2 others; take k from 1 to that, or more rows");
    assertThatIllegalArgumentException().isThrownBy(() -> NearestNeighbours.within(Points.line(0, 1), 2))
        .withMessage(
            "nearest neighbours: k is 2, where a row has 1 others besides itself; take k from 1 to that, or more rows");
    assertThatIllegalArgumentException().isThrownBy(() -> NearestNeighbours.within(Points.line(0, 1), 3, 1))
        .withMessage("nearest neighbours: of 3 rows, where there are 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NearestNeighbours.of(Points.line(0), Points.normal(1, 4, 2, 1, 0), 1))
        .withMessage(
            "features: one set has vectors of 1 values, the other of 2; both must come from the same network and"
                + " layer");
  }

  @Test
  void shouldCountRowsWhoseOwnIsAmongTheNeighbours() {
    NearestNeighbours found = NearestNeighbours.of(Points.line(0, 10, 20, 30), Points.line(0, 9, 12, 20, 40), 2);

    assertThat(found.shareWith(new int[] {0, 2, 4, 3})).isEqualTo(0.75); // 40 is not among the two nearest to 20
    assertThatIllegalArgumentException().isThrownBy(() -> found.shareWith(new int[3]))
        .withMessage("nearest neighbours: 3 are wanted for 4 rows; give one a row");
  }
}
