package dev.langevin.cli;

import dev.langevin.text.Printable;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** The cells of a grid in one picture: columns under their labels, rows beside theirs, planes one below another. */
final class GridPicture {

  private static final int GAP = 4;
  private static final int MOST_LINES = 6;
  private static final int LEAST_LETTERS = 12; // pixels of their size
  private static final int MOST_LETTERS = 32;

  /** Most pixels: what an array of a picture's holds. */
  private static final long MOST_PIXELS = Integer.MAX_VALUE - 8;

  private final List<String> columns;
  private final List<String> rows;
  private final List<String> planes;

  /** Labels; an axis that is not there has one that is empty. */
  GridPicture(List<String> columns, List<String> rows, List<String> planes) {
    this.columns = columns;
    this.rows = rows;
    this.planes = planes;
  }

  /**
   * Draws all.
   *
   * @param cells planes of rows of columns
   * @throws IllegalArgumentException if the picture would be too large
   */
  BufferedImage draw(List<BufferedImage> cells) {
    int width = cells.stream().mapToInt(BufferedImage::getWidth).max().orElseThrow();
    int height = cells.stream().mapToInt(BufferedImage::getHeight).max().orElseThrow();
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, Math.clamp(width / 16, LEAST_LETTERS, MOST_LETTERS));
    Graphics2D measure = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    FontMetrics letters = measure.getFontMetrics(font);
    measure.dispose();
    int left = given(rows) ? Math.max(width / 3, 6 * font.getSize()) : 0;
    int above = given(columns) ? labels(columns, letters, width) : 0;
    int title = given(planes) ? labels(planes, letters, columns.size() * width) : 0;
    int plane = title + above + rows.size() * (height + GAP) + GAP;
    long wide = left + (long) columns.size() * (width + GAP) + GAP;
    long high = (long) plane * planes.size();
    if (wide * high > MOST_PIXELS) {
      throw new IllegalArgumentException("the grid would have " + wide + "x" + high
          + " pixels, which are too many for one picture; its parts lie beside it, or ask for fewer values");
    }
    BufferedImage all = new BufferedImage((int) wide, (int) high, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = all.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, all.getWidth(), all.getHeight());
    g.setColor(Color.BLACK);
    g.setFont(font);
    int i = 0;
    for (int z = 0; z < planes.size(); z++) {
      int top = z * plane;
      write(g, planes.get(z), 0, top, all.getWidth(), title);
      for (int x = 0; x < columns.size(); x++) {
        write(g, columns.get(x), left + GAP + x * (width + GAP), top + title, width, above);
      }
      for (int y = 0; y < rows.size(); y++) {
        int row = top + title + above + GAP + y * (height + GAP);
        write(g, rows.get(y), 0, row, left, height);
        for (int x = 0; x < columns.size(); x++) {
          g.drawImage(cells.get(i++), left + GAP + x * (width + GAP), row, null);
        }
      }
    }
    g.dispose();
    return all;
  }

  /**
   * Finds out before any work is done whether letters can be drawn.
   *
   * @throws IllegalStateException if this machine has no font
   */
  static void requireFont() {
    try {
      new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics()
          .getFontMetrics(new Font(Font.SANS_SERIF, Font.PLAIN, LEAST_LETTERS)).stringWidth("0");
    } catch (RuntimeException | LinkageError | InternalError e) { // the JDK's words for a system without fontconfig
      throw new IllegalStateException(
          "the grid's labels cannot be drawn, as Java finds no font here; install fontconfig and a font, such as"
              + " DejaVu",
          e);
    }
  }

  private static boolean given(List<String> labels) {
    return labels.stream().anyMatch(label -> !label.isEmpty());
  }

  private static int labels(List<String> labels, FontMetrics letters, int width) {
    return labels.stream().mapToInt(label -> lines(label, letters, width - 2 * GAP).size()).max().orElse(0)
        * letters.getHeight() + 2 * GAP;
  }

  /** Writes a label in the middle of a place. */
  private static void write(Graphics2D g, String label, int left, int top, int width, int height) {
    FontMetrics letters = g.getFontMetrics();
    List<String> lines = lines(label, letters, width - 2 * GAP);
    int y = top + (height - lines.size() * letters.getHeight()) / 2 + letters.getAscent();
    for (String line : lines) {
      g.drawString(line, left + (width - letters.stringWidth(line)) / 2, y);
      y += letters.getHeight();
    }
  }

  /** Broken between words, or within one that is too long; a text of too many lines ends in dots. */
  private static List<String> lines(String label, FontMetrics letters, int width) {
    List<String> lines = new ArrayList<>();
    String line = "";
    for (String word : Printable.of(label).split(" ")) {
      String longer = line.isEmpty() ? word : line + " " + word;
      if (letters.stringWidth(longer) > width && !line.isEmpty()) {
        lines.add(line);
        longer = word;
      }
      while (letters.stringWidth(longer) > width && longer.length() > 1) {
        int end = longer.length() - 1;
        while (end > 1 && letters.stringWidth(longer.substring(0, end)) > width) {
          end--;
        }
        lines.add(longer.substring(0, end));
        longer = longer.substring(end);
      }
      line = longer;
    }
    lines.add(line);
    if (lines.size() > MOST_LINES) {
      List<String> first = new ArrayList<>(lines.subList(0, MOST_LINES));
      first.set(MOST_LINES - 1, first.getLast() + "...");
      return first;
    }
    return lines;
  }
}
