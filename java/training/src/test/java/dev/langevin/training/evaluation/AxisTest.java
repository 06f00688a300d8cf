package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class AxisTest {

  private static List<String> labels(Axis axis) {
    return axis.ticks().stream().map(Axis.Tick::label).filter(label -> !label.isEmpty()).toList();
  }

  @Test
  void shouldCountInRoundNumbers() {
    assertThat(labels(Axis.linear(0.03, 0.31, true, 7))).containsExactly("0", "0.05", "0.1", "0.15", "0.2", "0.25",
        "0.3", "0.35");
    assertThat(labels(Axis.linear(-0.8, 1.9, true, 7))).containsExactly("-1", "-0.5", "0", "0.5", "1", "1.5", "2");
    assertThat(labels(Axis.linear(0, 49_999, false, 10))).containsExactly("0", "5k", "10k", "15k", "20k", "25k", "30k",
        "35k", "40k", "45k");
    assertThat(labels(Axis.linear(0, 2e-5, true, 4))).containsExactly("0", "0.5e-5", "1e-5", "1.5e-5", "2e-5");
    assertThat(labels(Axis.linear(0, 3e6, true, 7))).containsExactly("0", "0.5M", "1M", "1.5M", "2M", "2.5M", "3M");
  }

  @Test
  void shouldCountInPowersOfTen() {
    assertThat(labels(Axis.logarithmic(0.012, 0.9, 10))).containsExactly("0.01", "0.02", "0.05", "0.1", "0.2", "0.5");
    assertThat(labels(Axis.logarithmic(1e-6, 1, 10))).containsExactly("1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1",
        "1");
    assertThat(labels(Axis.logarithmic(1e-30, 1, 10))).containsExactly(
        "1e-30", "1e-27", "1e-24", "1e-21", "1e-18", "1e-15", "1e-12", "1e-9", "1e-6", "0.001", "1");
  }

  @Test
  void shouldPlaceValuesBetweenTheEnds() {
    assertThat(Axis.linear(0, 10, true, 5).position(2.5)).isEqualTo(0.25);
    Axis decades = Axis.logarithmic(0.01, 1, 10);
    assertThat(decades.position(0.1)).isCloseTo(0.5, within(1e-12));
    assertThat(decades.position(0)).isEqualTo(-1);
  }

  /** A single value is a range of no length: the step would be 0 and the loop over ticks without an end. */
  @Test
  void shouldMakeRoomAroundASingleValue() {
    for (double value : new double[] {0, 0.7, -3, 1e-90, 1e99, 20_000}) {
      Axis axis = Axis.linear(value, value, true, 7);
      assertThat(axis.low()).isLessThanOrEqualTo(value).isLessThan(axis.high());
      assertThat(axis.position(value)).isBetween(0.0, 1.0);
    }
    Axis decades = Axis.logarithmic(0.07, 0.07, 10);
    assertThat(decades.position(0.07)).isBetween(0.0, 1.0);
  }

  @Property
  void shouldSpanEveryRangeWithAFewTicks(@ForAll @DoubleRange(min = -1e6, max = 1e6) double low,
      @ForAll @DoubleRange(min = 0, max = 1e6) double span, @ForAll boolean whole,
      @ForAll @IntRange(min = 3, max = 12) int most) {
    Axis axis = Axis.linear(low, low + span, whole, most);
    requireSound(axis, low, low + span);
    assertThat(axis.ticks()).hasSizeBetween(1, most + 2);
  }

  @Property
  void shouldSpanEveryRangeOfPowers(@ForAll @DoubleRange(min = -90, max = 90) double exponent,
      @ForAll @DoubleRange(min = 0, max = 9) double decades) {
    double low = Math.pow(10, exponent);
    double high = Math.pow(10, exponent + decades);
    Axis axis = Axis.logarithmic(low, high, 10);
    requireSound(axis, low, high);
    assertThat(labels(axis)).hasSizeLessThanOrEqualTo(12);
  }

  private static void requireSound(Axis axis, double low, double high) {
    assertThat(axis.position(low)).isBetween(-1e-6, 1.0);
    assertThat(axis.position(high)).isBetween(0.0, 1 + 1e-6);
    assertThat(axis.ticks()).extracting(Axis.Tick::value).isSorted().doesNotHaveDuplicates();
    assertThat(axis.ticks()).allSatisfy(tick -> assertThat(axis.position(tick.value())).isBetween(-1e-6, 1 + 1e-6));
  }
}
