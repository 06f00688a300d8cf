package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossChartTest {

  private static final double[] STEPS = IntStream.range(0, 500).asDoubleStream().toArray();

  private static double[] falling(double from, double to) {
    SplittableRandom random = new SplittableRandom(1);
    return IntStream.range(0, STEPS.length)
        .mapToDouble(i -> (to + (from - to) * Math.exp(-i / 50.0)) * Math.exp(0.2 * random.nextGaussian()))
        .toArray();
  }

  /** Pixels of exactly that colour below the legend, where only curves are. */
  private static long count(BufferedImage chart, Color colour) {
    return IntStream.range(70 * LossChart.WIDTH, LossChart.HEIGHT * LossChart.WIDTH)
        .filter(
            i -> (chart.getRGB(i % LossChart.WIDTH, i / LossChart.WIDTH) & 0xffffff) == (colour.getRGB() & 0xffffff))
        .count();
  }

  /** Rows, from above, of the first and the last pixel of a colour. */
  private static List<Integer> extent(BufferedImage chart, Color colour) {
    List<Integer> rows = IntStream.range(70, LossChart.HEIGHT)
        .filter(y -> IntStream.range(0, LossChart.WIDTH).anyMatch(x -> chart.getRGB(x, y) == colour.getRGB()))
        .boxed().toList();
    return List.of(rows.getFirst(), rows.getLast());
  }

  @Test
  void shouldWriteAReadablePngWithEachCurve(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("loss.png");
    LossChart.of("loss").with("training", STEPS, falling(1, 0.5)).with("validation", STEPS, falling(2, 1.5))
        .write(file);
    BufferedImage chart = Images.read(file);
    assertThat(chart.getWidth()).isEqualTo(900);
    assertThat(chart.getHeight()).isEqualTo(500);
    assertThat(count(chart, ChartDrawing.COLOURS.get(0))).isGreaterThan(300);
    assertThat(count(chart, ChartDrawing.COLOURS.get(1))).isGreaterThan(300);
    assertThat(count(chart, ChartDrawing.COLOURS.get(2))).isZero();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  /** On a linear axis a fall to a hundredth spends all but the first steps in the lowest rows. */
  @Test
  void shouldTakeLogarithmsOfAWideRangeOnly() {
    LossChart wide = LossChart.of("").with("loss", STEPS, falling(1, 0.01));
    assertThat(wide.draw())
        .satisfies(chart -> assertThat(same(chart, wide.with(LossChart.Scale.LOGARITHMIC).draw())).isTrue());
    LossChart narrow = LossChart.of("").with("loss", STEPS, falling(1, 0.5));
    assertThat(narrow.draw())
        .satisfies(chart -> assertThat(same(chart, narrow.with(LossChart.Scale.LINEAR).draw())).isTrue());
    LossChart negative = wide.with("other", new double[] {0, 1}, new double[] {-1, 1});
    assertThat(same(negative.draw(), negative.with(LossChart.Scale.LINEAR).draw())).isTrue();
  }

  private static boolean same(BufferedImage one, BufferedImage other) {
    int[] left = one.getRGB(0, 0, LossChart.WIDTH, LossChart.HEIGHT, null, 0, LossChart.WIDTH);
    return Arrays.equals(left, other.getRGB(0, 0, LossChart.WIDTH, LossChart.HEIGHT, null, 0, LossChart.WIDTH));
  }

  @Test
  void shouldRiseWithTheValues() {
    double[] low = falling(1, 0.5);
    double[] high = Arrays.stream(low).map(value -> value + 1).toArray();
    BufferedImage chart = LossChart.of("").with("low", STEPS, low).with("high", STEPS, high).draw();
    assertThat(extent(chart, ChartDrawing.COLOURS.get(1)).getLast())
        .isLessThan(extent(chart, ChartDrawing.COLOURS.get(0)).getFirst());
  }

  /** If all points had to be seen, one of six times the mean would press the curve onto the lowest rows. */
  @Test
  void shouldKeepAnOutlierFromFlatteningTheRest() {
    double[] values = falling(1, 0.5);
    LossChart chart = LossChart.of("").with("loss", STEPS, values).with(LossChart.Scale.LINEAR);
    values[250] = 3;
    List<Integer> rows = extent(chart.draw(), ChartDrawing.COLOURS.get(0));
    assertThat(rows.getLast() - rows.getFirst()).isGreaterThan(150);
  }

  @Test
  void shouldDrawWhatIsFinite() {
    double[] values = falling(1, 0.5);
    values[0] = Double.NaN;
    values[100] = Double.POSITIVE_INFINITY;
    values[200] = 1e300;
    values[499] = Double.NEGATIVE_INFINITY;
    assertThat(count(LossChart.of("diverged").with("loss", STEPS, values).draw(), ChartDrawing.COLOURS.get(0)))
        .isGreaterThan(300);
  }

  @Test
  void shouldShowASinglePoint() {
    for (double value : new double[] {0.3, 0, -2, 1e-300, 1e99}) {
      for (LossChart.Scale scale : new LossChart.Scale[] {LossChart.Scale.AUTOMATIC, LossChart.Scale.LINEAR}) {
        BufferedImage chart = LossChart.of("").with("loss", new double[] {1}, new double[] {value}).with(scale).draw();
        assertThat(count(chart, ChartDrawing.COLOURS.get(0))).as("%s %s", scale, value).isGreaterThan(10);
      }
    }
  }

  @Test
  void shouldDrawNothingWithoutFailing() {
    for (LossChart.Scale scale : LossChart.Scale.values()) {
      assertThat(LossChart.of("").with(scale).draw().getWidth()).isEqualTo(900);
      LossChart empty =
          LossChart.of("t").with("a", new double[0], new double[0]).with("b", new double[1], new double[] {Double.NaN});
      assertThat(count(empty.with(scale).draw(), ChartDrawing.COLOURS.get(0))).isZero();
    }
    LossChart zero =
        LossChart.of("").with("a", new double[] {1, 2}, new double[] {0, -1}).with(LossChart.Scale.LOGARITHMIC);
    assertThat(count(zero.draw(), ChartDrawing.COLOURS.get(0))).isZero();
  }

  @Test
  void shouldDrawMoreSeriesThanThereAreColours() {
    LossChart chart = LossChart.of("many");
    for (int i = 0; i < 30; i++) {
      chart = chart.with("series with a long name, number " + i, new double[] {0, 1}, new double[] {i, i + 1});
    }
    assertThat(count(chart.draw(), ChartDrawing.COLOURS.getLast())).isPositive();
  }

  @Test
  void shouldRefuseWhatCannotBeDrawnOrWritten(@TempDir Path folder) {
    assertThatIllegalArgumentException().isThrownBy(() -> LossChart.of("").with("loss", new double[2], new double[3]))
        .withMessage("loss chart: 'loss' has 2 steps and 3 values");
    Path missing = folder.resolve("missing").resolve("loss.png");
    assertThatThrownBy(() -> LossChart.of("").write(missing)).isInstanceOf(ImageFileException.class)
        .hasMessageStartingWith(missing + ": cannot be written (")
        .hasMessageEndingWith("name a folder that exists and is writable");
  }
}
