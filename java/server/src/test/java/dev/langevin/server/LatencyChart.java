package dev.langevin.server;

import java.util.Locale;
import java.util.Map;

/** Which share of requests took longer than a time, on logarithmic axes, as an SVG. */
final class LatencyChart {

  private static final int WIDTH = 720;
  private static final int HEIGHT = 400;
  private static final int LEFT = 70;
  private static final int RIGHT = WIDTH - 20;
  private static final int TOP = 70;
  private static final int BOTTOM = HEIGHT - 50;

  /** Milliseconds at the ends of the axis, as powers of ten. */
  private static final int SHORTEST = 0;
  private static final int LONGEST = 5;

  /** The smallest share that is drawn, as a power of ten. */
  private static final int RAREST = -4;

  private static final double[] MARKED = {0.5, 0.99, 0.999};

  /** Told apart by people who see few colours (Okabe and Ito, 2008). */
  private static final String[] COLOURS = {"#0072b2", "#d55e00"};

  private final StringBuilder svg = new StringBuilder();

  private LatencyChart() {}

  /**
   * The time that a share of all were done within.
   *
   * @param sorted in rising order
   * @param share in [0, 1]
   */
  static long within(long[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  }

  /** @param curves nanoseconds in rising order, by the curve's name; two at most */
  static String draw(String title, Map<String, long[]> curves) {
    LatencyChart chart = new LatencyChart();
    chart.add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\""
        + " font-size=\"13\">", WIDTH, HEIGHT);
    chart.add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, HEIGHT);
    chart.add("<text x=\"%d\" y=\"24\" font-weight=\"bold\" font-size=\"15\">%s</text>", LEFT, title);
    chart.grid();
    int place = 0;
    for (Map.Entry<String, long[]> curve : curves.entrySet()) {
      int legend = LEFT + place * 320;
      chart.add("<line x1=\"%d\" y1=\"44\" x2=\"%d\" y2=\"44\" stroke=\"%s\" stroke-width=\"2\"/>", legend, legend + 18,
          COLOURS[place]);
      chart.add("<text x=\"%d\" y=\"48\">%s</text>", legend + 24, curve.getKey());
      chart.curve(curve.getValue(), COLOURS[place++]);
    }
    return chart.svg.append("</svg>\n").toString();
  }

  private void grid() {
    for (int power = SHORTEST; power <= LONGEST; power++) {
      double x = x(Math.pow(10, power));
      add("<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e4e4e4\"/>", x, TOP, x, BOTTOM);
      add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%,d ms</text>", x, BOTTOM + 18,
          Math.round(Math.pow(10, power)));
    }
    for (int power = RAREST; power <= 0; power++) {
      double y = y(Math.pow(10, power));
      add("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e4e4e4\"/>", LEFT, y, RIGHT, y);
      add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 8, y + 4,
          power == 0 ? "1" : Double.toString(Math.pow(10, power)).replace("1.0E-4", "0.0001"));
    }
    add("<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">share that took longer</text>",
        (TOP + BOTTOM) / 2);
  }

  private void curve(long[] sorted, String colour) {
    StringBuilder path = new StringBuilder();
    double last = -1;
    for (int i = 0; i < sorted.length; i++) {
      double x = x(sorted[i] / 1e6);
      if (x - last >= 1 || i == sorted.length - 1) { // a point for each of its pixels
        path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y((sorted.length - i) / (double) sorted.length)));
        last = x;
      }
    }
    add("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", path.toString().strip(), colour);
    for (double share : MARKED) {
      double x = x(within(sorted, share) / 1e6);
      add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>", x, y(1 - share), colour);
      add("<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">p%s %,d ms</text>", x + 7, y(1 - share) - 5, colour,
          String.valueOf(100 * share).replace(".0", ""), within(sorted, share) / 1_000_000);
    }
  }

  private static double x(double millis) {
    double at = Math.log10(Math.max(Math.pow(10, SHORTEST), millis));
    return LEFT + (at - SHORTEST) / (LONGEST - SHORTEST) * (RIGHT - LEFT);
  }

  private static double y(double share) {
    return TOP + Math.log10(Math.max(Math.pow(10, RAREST), share)) / RAREST * (BOTTOM - TOP);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
