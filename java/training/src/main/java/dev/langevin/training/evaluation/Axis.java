package dev.langevin.training.evaluation;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * A chart's axis: its range and the round numbers on it.
 *
 * @param low end of the range, less than {@code high}; above 0 if logarithmic
 * @param ticks in ascending order, within the range
 */
record Axis(double low, double high, boolean logarithmic, List<Tick> ticks) {

  /**
   * @param label may be empty
   * @param coarse whether its line in the grid is one of the main ones
   */
  record Tick(double value, String label, boolean coarse) {}

  /** Beyond it, and below its inverse, a linear range is not told from a single value in doubles. */
  private static final double LEAST_SPAN = 1e-12;

  /**
   * Ticks at multiples of 1, 2 or 5 times a power of ten.
   *
   * @param whole whether the range is widened to begin and end at a tick
   * @param most about how many ticks there is room for
   */
  static Axis linear(double low, double high, boolean whole, int most) {
    double from = low;
    double to = high;
    if (to - from <= LEAST_SPAN * Math.max(Math.abs(from), Math.abs(to))) { // one value: room around it, or next to 0
      double room = from == 0 ? 1 : Math.abs(from) / 2;
      from -= from == 0 ? 0 : room;
      to += room;
    }
    double step = roundUp((to - from) / most);
    // Counted in steps: summing them up would end at 0.30000000000000004.
    long first = (long) (whole ? Math.floor(from / step + 1e-9) : Math.ceil(from / step - 1e-9));
    long last = (long) (whole ? Math.ceil(to / step - 1e-9) : Math.floor(to / step + 1e-9));
    double unit = unit(Math.max(Math.abs(first), Math.abs(last)) * step);
    List<Tick> ticks = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      double value = BigDecimal.valueOf(step).multiply(BigDecimal.valueOf(i)).doubleValue();
      ticks.add(new Tick(value, label(value, unit), true));
    }
    return whole ? new Axis(ticks.getFirst().value(), ticks.getLast().value(), false, ticks)
        : new Axis(from, to, false, ticks);
  }

  private static double roundUp(double step) {
    double power = power(Math.floor(Math.log10(step)));
    for (int factor : new int[] {1, 2, 5}) {
      if (step <= factor * power * (1 + 1e-9)) {
        return rounded(factor * power);
      }
    }
    return rounded(10 * power);
  }

  /**
   * Ticks at powers of ten and, where there is room, at twice and five times these; the others are in the grid only.
   */
  static Axis logarithmic(double low, double high, int most) {
    double from = low;
    double to = high;
    if (to <= from * (1 + LEAST_SPAN)) {
      from /= 2;
      to *= 2;
    }
    int firstDecade = (int) Math.floor(Math.log10(from));
    int lastDecade = (int) Math.ceil(Math.log10(to));
    double decades = Math.log10(to / from);
    int every = (int) Math.ceil(decades / most); // one decade in so many has a number
    boolean halves = decades * 3 <= most; // at 2 and 5 too
    List<Tick> all = new ArrayList<>();
    for (int decade = firstDecade; decade <= lastDecade; decade++) {
      for (int factor = 1; factor < 10; factor++) {
        double value = rounded(factor * power(decade));
        boolean named = factor == 1 ? Math.floorMod(decade, every) == 0 : halves && (factor == 2 || factor == 5);
        all.add(new Tick(value, named ? label(value, unit(value)) : "", named || factor == 1));
      }
    }
    double begin = all.stream().mapToDouble(Tick::value).filter(value -> value <= low * (1 + 1e-9)).max().orElse(from);
    double end = all.stream().mapToDouble(Tick::value).filter(value -> value >= high * (1 - 1e-9)).min().orElse(to);
    double least = begin < end ? begin : from;
    double greatest = begin < end ? end : to;
    return new Axis(least, greatest, true,
        all.stream().filter(tick -> tick.value() >= least && tick.value() <= greatest).toList());
  }

  private static double power(double exponent) {
    return Double.parseDouble("1e" + (int) exponent); // Math.pow(10, -5) is not the nearest double to 0.00001
  }

  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(12)).doubleValue();
  }

  /**
   * What an axis up to that value is labelled in: thousands from 10,000 on, powers of ten where even these would be
   * long.
   */
  private static double unit(double greatest) {
    if (greatest >= 1e-4 && greatest < 1e12) {
      return greatest >= 1e9 ? 1e9 : greatest >= 1e6 ? 1e6 : greatest >= 1e4 ? 1e3 : 1;
    }
    return greatest == 0 ? 1 : power(Math.floor(Math.log10(greatest) + 1e-9));
  }

  /** 0.05, 250, 20k, 1.5M, 2e-5. */
  private static String label(double value, double unit) {
    String suffix =
        unit == 1e9 ? "G" : unit == 1e6 ? "M" : unit == 1e3 ? "k" : unit == 1 ? "" : "e" + Math.round(Math.log10(unit));
    String number = plain(value / unit);
    return number.equals("0") ? number : number + suffix;
  }

  private static String plain(double value) {
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(9)).stripTrailingZeros();
    return rounded.signum() == 0 ? "0" : rounded.toPlainString();
  }

  /**
   * From 0 at the low end to 1 at the high one; outside of the range less or more, and at 0 or below of logarithms -1.
   */
  double position(double value) {
    if (!logarithmic) {
      return (value - low) / (high - low);
    }
    return value > 0 ? Math.log(value / low) / Math.log(high / low) : -1;
  }
}
