package dev.langevin.spark;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Pictures a second by executors, on logarithmic axes, as an SVG. */
final class ScalingChart {

  private static final int WIDTH = 720;

  private static final int HEIGHT = 440;

  private static final int LEFT = 70;

  private static final int RIGHT = WIDTH - 20;

  private static final int TOP = 70;

  private static final int BOTTOM = HEIGHT - 50;

  /** Told apart by people who see few colours (Okabe and Ito, 2008). */
  private static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7");

  private final StringBuilder svg = new StringBuilder();
  private final double left;
  private final double right;
  private final double low;
  private final double high;

  private ScalingChart(Map<String, List<double[]>> curves) {
    left = edge(curves, 0, false);
    right = edge(curves, 0, true);
    low = edge(curves, 1, false);
    high = edge(curves, 1, true);
  }

  /** The power of ten at an end of an axis. */
  private static double edge(Map<String, List<double[]>> curves, int axis, boolean upper) {
    double[] all = curves.values().stream().flatMap(List::stream).mapToDouble(point -> Math.log10(point[axis]))
        .sorted().toArray();
    return upper ? Math.max(Math.ceil(all[all.length - 1]), Math.floor(all[0]) + 1) : Math.floor(all[0]);
  }

  /**
   * Draws curves.
   *
   * @param curves points (executors, pictures a second) by the curve's name; a dashed line shows the first point's rate
   *   an executor
   */
  static String draw(String title, Map<String, List<double[]>> curves) {
    return new ScalingChart(curves).drawn(title, curves);
  }

  private String drawn(String title, Map<String, List<double[]>> curves) {
    add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
        + " font-family=\"sans-serif\" font-size=\"13\">",
        WIDTH, HEIGHT);
    add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, HEIGHT);
    add("<text x=\"%d\" y=\"24\" font-weight=\"bold\" font-size=\"15\">%s</text>", LEFT, title);
    grid();
    int place = 0;
    for (Map.Entry<String, List<double[]>> curve : curves.entrySet()) {
      String colour = COLOURS.get(place % COLOURS.size());
      int legend = LEFT + place * 220;
      add("<line x1=\"%d\" y1=\"44\" x2=\"%d\" y2=\"44\" stroke=\"%s\" stroke-width=\"2\"/>", legend, legend + 18,
          colour);
      add("<text x=\"%d\" y=\"48\">%s</text>", legend + 24, curve.getKey());
      curve(curve.getValue(), colour);
      place++;
    }
    return svg.append("</svg>\n").toString();
  }

  private void grid() {
    for (int power = (int) left; power <= right; power++) {
      double x = x(Math.pow(10, power));
      add("<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e4e4e4\"/>", x, TOP, x, BOTTOM);
      add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", x, BOTTOM + 18, number(power));
    }
    for (int power = (int) low; power <= high; power++) {
      double y = y(Math.pow(10, power));
      add("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e4e4e4\"/>", LEFT, y, RIGHT, y);
      add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 8, y + 4, number(power));
    }
    add("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">executors</text>", (LEFT + RIGHT) / 2, BOTTOM + 38);
    add("<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">pictures a second</text>",
        (TOP + BOTTOM) / 2);
  }

  private void curve(List<double[]> points, String colour) {
    double[] first = points.getFirst();
    double[] last = points.getLast();
    double ideal = Math.min(first[1] / first[0] * last[0], Math.pow(10, high));
    add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\""
        + " stroke-dasharray=\"5 5\" opacity=\"0.6\"/>",
        x(first[0]), y(first[1]), x(ideal / first[1] * first[0]), y(ideal), colour);
    StringBuilder path = new StringBuilder();
    for (double[] point : points) {
      path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point[0]), y(point[1])));
      add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x(point[0]), y(point[1]), colour);
    }
    add("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", path.toString().strip(), colour);
  }

  private static String number(int power) {
    return power >= 0 ? String.format(Locale.ROOT, "%,d", Math.round(Math.pow(10, power)))
        : Double.toString(Math.pow(10, power));
  }

  private double x(double value) {
    return LEFT + (Math.log10(value) - left) / (right - left) * (RIGHT - LEFT);
  }

  private double y(double value) {
    return BOTTOM - (Math.log10(value) - low) / (high - low) * (BOTTOM - TOP);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
