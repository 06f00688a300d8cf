package dev.langevin.training.evaluation;

import dev.langevin.image.Images;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Curves over training steps as a picture of 900 x 500: each a moving mean over its faint points. Values that are NaN
 * or infinite are left out, and a chart of nothing says so, because a run that has gone wrong is when a chart is
 * wanted.
 *
 * <p>
 * Needs no display but a font, as all text that Java draws: on Debian the packages fontconfig and fonts-dejavu-core.
 *
 * @param title above it; may be empty
 * @param series the curves, in the order of the legend
 * @param scale of the values
 */
public record LossChart(String title, List<Series> series, Scale scale) {

  /** Of the picture, pixels. */
  public static final int WIDTH = 900;
  /** Of the picture, pixels. */
  public static final int HEIGHT = 500;

  /** A range from its least to its greatest value of so much looks like a corner on a linear axis. */
  private static final double LOGARITHMIC_RANGE = 10;

  /**
   * The share of points at either end that may lie outside of the chart, as a few steps' losses are many times the
   * others.
   */
  private static final double OUTLIERS = 0.01;

  /** Far above all losses, and far enough below a double's end to add up and to divide. */
  private static final double GREATEST = 1e100;

  /** How values are placed. */
  public enum Scale {
    /** Logarithmic if all values are above 0 and the smoothed ones' range is wide, else linear. */
    AUTOMATIC,
    /** Equal distances for equal differences. */
    LINEAR,
    /** Values of 0 and less are left out. */
    LOGARITHMIC
  }

  /**
   * A curve.
   *
   * @param steps in ascending order
   * @param values at the steps; as many. The arrays are not copied
   */
  public record Series(String name, double[] steps, double[] values) {

    /**
     * Checks that each step has a value.
     *
     * @throws IllegalArgumentException if there are more of one than of the other
     */
    public Series {
      if (steps.length != values.length) {
        throw new IllegalArgumentException(
            "loss chart: '" + name + "' has " + steps.length + " steps and " + values.length + " values");
      }
    }

    /** @param positive whether values of 0 and less are left out too */
    Series drawable(boolean positive) {
      int[] kept = IntStream.range(0, steps.length)
          .filter(i -> Math.abs(steps[i]) < GREATEST && Math.abs(values[i]) < GREATEST
              && !(positive && values[i] < 1 / GREATEST))
          .toArray();
      return new Series(name, Arrays.stream(kept).mapToDouble(i -> steps[i]).toArray(),
          Arrays.stream(kept).mapToDouble(i -> values[i]).toArray());
    }
  }

  /** Copies {@code series}. */
  public LossChart {
    series = List.copyOf(series);
  }

  /** Without a curve yet, of an automatic scale. */
  public static LossChart of(String title) {
    return new LossChart(title, List.of(), Scale.AUTOMATIC);
  }

  /** With one more curve; {@link Series} says what is asked of it. */
  public LossChart with(String name, double[] steps, double[] values) {
    List<Series> more = new ArrayList<>(series);
    more.add(new Series(name, steps, values));
    return new LossChart(title, more, scale);
  }

  /** With another scale of the values. */
  public LossChart with(Scale wanted) {
    return new LossChart(title, series, wanted);
  }

  /** Draws points and their moving means on one picture of the caller's own. */
  public BufferedImage draw() {
    boolean logarithmic = scale == Scale.LOGARITHMIC || scale == Scale.AUTOMATIC && isWide();
    List<Series> points = series.stream().map(one -> one.drawable(logarithmic)).toList();
    List<Series> curves = points.stream().map(MovingMean::of).toList();
    double[] steps = points.stream().flatMapToDouble(one -> DoubleStream.of(one.steps())).toArray();
    if (steps.length == 0) {
      return new ChartDrawing(title, Axis.linear(0, 1, false, 10), Axis.linear(0, 1, true, 7)).draw(points, curves);
    }
    double[] range = range(points, curves);
    return new ChartDrawing(title,
        Axis.linear(DoubleStream.of(steps).min().orElseThrow(), DoubleStream.of(steps).max().orElseThrow(), false, 10),
        logarithmic ? Axis.logarithmic(range[0], range[1], 10) : Axis.linear(range[0], range[1], true, 7)).draw(points,
            curves);
  }

  private boolean isWide() {
    List<Series> drawable = series.stream().map(one -> one.drawable(false)).toList();
    if (drawable.stream().flatMapToDouble(one -> DoubleStream.of(one.values())).anyMatch(value -> value <= 0)) {
      return false;
    }
    double[] smoothed =
        drawable.stream().flatMapToDouble(one -> DoubleStream.of(MovingMean.of(one).values())).sorted().toArray();
    return smoothed.length > 1 && smoothed[smoothed.length - 1] >= LOGARITHMIC_RANGE * smoothed[0];
  }

  /** All of the curves, and all points but outliers. */
  private static double[] range(List<Series> points, List<Series> curves) {
    double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (int i = 0; i < points.size(); i++) {
      double[] values = points.get(i).values().clone();
      Arrays.sort(values);
      int outliers = (int) (values.length * OUTLIERS);
      double[] inner = Arrays.copyOfRange(values, outliers, values.length - outliers);
      DoubleStream.concat(DoubleStream.of(inner), DoubleStream.of(curves.get(i).values())).forEach(value -> {
        range[0] = Math.min(range[0], value);
        range[1] = Math.max(range[1], value);
      });
    }
    return range;
  }

  /**
   * Writes it as a PNG, whole or not at all.
   *
   * @throws dev.langevin.image.ImageFileException if the place cannot be written
   */
  public void write(Path file) {
    Images.writePng(draw(), file);
  }
}
