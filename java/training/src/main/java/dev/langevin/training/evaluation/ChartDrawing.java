package dev.langevin.training.evaluation;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** A chart's lines and letters. Title and legend stand above the plot, where no curve can run beneath them. */
final class ChartDrawing {

  /** Told apart by people who see few colours (Okabe and Ito, "Color universal design", 2008), the strongest first. */
  static final List<Color> COLOURS =
      List.of(new Color(0x0072b2), new Color(0xd55e00), new Color(0x009e73), new Color(0xcc79a7),
          new Color(0xe69f00), new Color(0x56b4e9));

  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xe4e4e4);
  private static final Color FINE_GRID = new Color(0xf3f3f3);
  private static final int LEFT = 72;
  private static final int RIGHT = LossChart.WIDTH - 24;
  private static final int BOTTOM = LossChart.HEIGHT - 52;
  private static final int LEGEND = 18; // height of a line
  private static final int MOST_LEGENDS = 3; // lines
  private static final float CURVE = 2f;

  /** So few points of a series are shown as such: dots on a line. */
  private static final int FEW = 60;

  private final String title;
  private final Axis x;
  private final Axis y;
  private final BufferedImage image = new BufferedImage(LossChart.WIDTH, LossChart.HEIGHT, BufferedImage.TYPE_INT_RGB);
  private final Graphics2D g = image.createGraphics();
  private int top;

  ChartDrawing(String title, Axis x, Axis y) {
    this.title = title;
    this.x = x;
    this.y = y;
  }

  BufferedImage draw(List<LossChart.Series> points, List<LossChart.Series> curves) {
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, LossChart.WIDTH, LossChart.HEIGHT);
    top = drawHead(curves) + 20;
    drawGrid();
    if (curves.stream().allMatch(curve -> curve.values().length == 0)) {
      drawCentred("no values", (top + BOTTOM) / 2);
    }
    g.clipRect(LEFT - 5, top - 4, RIGHT - LEFT + 10, BOTTOM - top + 8); // a curve along the edge keeps its width, a dot
                                                                        // its roundness
    for (int i = 0; i < points.size(); i++) {
      drawPoints(points.get(i), COLOURS.get(i % COLOURS.size()));
    }
    for (int i = 0; i < curves.size(); i++) { // above the points of all
      drawCurve(curves.get(i), i);
    }
    g.dispose();
    return image;
  }

  private void drawGrid() {
    g.setStroke(new BasicStroke(1));
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    FontMetrics metrics = g.getFontMetrics();
    for (Axis.Tick tick : y.ticks()) {
      g.setColor(tick.coarse() ? GRID : FINE_GRID);
      g.draw(new Line2D.Double(LEFT, down(tick.value()), RIGHT, down(tick.value())));
      g.setColor(INK);
      g.drawString(tick.label(), LEFT - 10 - metrics.stringWidth(tick.label()),
          (float) down(tick.value()) + metrics.getAscent() / 2f - 1);
    }
    for (Axis.Tick tick : x.ticks()) {
      g.setColor(GRID);
      g.draw(new Line2D.Double(across(tick.value()), top, across(tick.value()), BOTTOM));
      g.setColor(INK);
      g.drawString(tick.label(), (float) across(tick.value()) - metrics.stringWidth(tick.label()) / 2f, BOTTOM + 20);
    }
    g.draw(new Line2D.Double(LEFT, BOTTOM, RIGHT, BOTTOM));
    drawCentred("step", BOTTOM + 41);
  }

  private void drawCentred(String text, int baseline) {
    g.drawString(text, (LEFT + RIGHT - g.getFontMetrics().stringWidth(text)) / 2, baseline);
  }

  /** The more there are, the fainter, so that a hundred thousand do not hide the grid. */
  private void drawPoints(LossChart.Series series, Color colour) {
    int count = series.values().length;
    int alpha = count <= FEW ? 255 : Math.clamp(400_000L / count, 12, 90);
    double radius = count <= FEW ? 3 : 1.3;
    g.setColor(new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), alpha));
    for (int i = 0; i < count; i++) {
      double centreX = across(series.steps()[i]);
      double centreY = down(series.values()[i]);
      if (centreY >= top - 1 && centreY <= BOTTOM + 1) {
        g.fill(new Ellipse2D.Double(centreX - radius, centreY - radius, 2 * radius, 2 * radius));
      }
    }
  }

  private void drawCurve(LossChart.Series curve, int place) {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < curve.values().length; i++) {
      double along = across(curve.steps()[i]);
      double height = down(curve.values()[i]);
      if (i == 0) {
        path.moveTo(along, height);
      } else {
        path.lineTo(along, height);
      }
    }
    g.setColor(COLOURS.get(place % COLOURS.size()));
    g.setStroke(stroke(place));
    g.draw(path);
  }

  /** When the colours are used up, dashes. */
  private static BasicStroke stroke(int place) {
    float[] dashes = place < COLOURS.size() ? null : new float[] {7, 5};
    return new BasicStroke(CURVE, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, dashes, 0);
  }

  /** Title and legend, a curve's name and its last value. Returns where they end. */
  private int drawHead(List<LossChart.Series> curves) {
    g.setColor(INK);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
    g.drawString(CaptionText.fit(title, g.getFontMetrics(), RIGHT - LEFT), LEFT, 30);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    FontMetrics metrics = g.getFontMetrics();
    int left = LEFT;
    int baseline = 56;
    for (int i = 0; i < curves.size(); i++) {
      double[] values = curves.get(i).values();
      String last = values.length == 0 ? "no values" : String.format(Locale.ROOT, "%.4g", values[values.length - 1]);
      String name = CaptionText.fit(curves.get(i).name() + "  " + last, metrics, RIGHT - LEFT - 26);
      int width = 26 + metrics.stringWidth(name);
      if (left + width > RIGHT) {
        if (baseline + LEGEND >= 56 + MOST_LEGENDS * LEGEND) {
          break;
        }
        left = LEFT;
        baseline += LEGEND;
      }
      g.setColor(COLOURS.get(i % COLOURS.size()));
      g.setStroke(stroke(i));
      g.draw(new Line2D.Double(left, baseline - 5, left + 18, baseline - 5));
      g.setColor(INK);
      g.drawString(name, left + 26, baseline);
      left += width + 24;
    }
    return baseline;
  }

  private double across(double step) {
    return LEFT + x.position(step) * (RIGHT - LEFT);
  }

  private double down(double value) {
    return BOTTOM - y.position(value) * (BOTTOM - top);
  }
}
