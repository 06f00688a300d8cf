package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MovingMeanTest {

  private static double[] means(double[] values) {
    return MovingMean.of(new LossChart.Series("loss", new double[values.length], values)).values();
  }

  @Property(tries = 200)
  void shouldBeTheMeanOfEachWindow(@ForAll long seed, @ForAll @IntRange(max = 1000) int count) {
    double[] values = new SplittableRandom(seed).doubles(count).toArray();
    double[] means = means(values);
    int half = count / 80;
    for (int i = 0; i < count; i++) {
      double mean = Arrays.stream(values, Math.max(0, i - half), Math.min(count, i + half + 1)).average().orElseThrow();
      assertThat(means[i]).isCloseTo(mean, within(1e-12));
    }
  }

  /** A sum from which what leaves the window is subtracted would be 0 or nonsense after it. */
  @Test
  void shouldForgetAHugeValueWhenItHasPassed() {
    double[] values = new double[800];
    Arrays.fill(values, 0.5);
    values[400] = 1e30;
    assertThat(means(values)[389]).isEqualTo(0.5);
    assertThat(means(values)[390]).isGreaterThan(1e28);
    assertThat(means(values)[411]).isEqualTo(0.5);
  }
}
