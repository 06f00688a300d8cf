package dev.langevin.training.evaluation;

import dev.langevin.image.Images;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;

/**
 * Pictures of one size in rows, on white, with texts under them or under whole rows. What is too long for its place is
 * cut, after three lines under a picture and one under a row; the last row may be shorter. Texts need a font, as
 * {@link LossChart} does.
 *
 * @param images at least one, row after row
 * @param columns how many in a row
 * @param gap between pictures and around them, in pixels
 * @param captions of the pictures, or empty
 * @param rowCaptions of the rows, or empty
 */
public record SampleGrid(List<BufferedImage> images, int columns, int gap, List<String> captions,
    List<String> rowCaptions) {

  /** Pixels. */
  public static final int DEFAULT_GAP = 4;

  private static final Color INK = new Color(0x333333);
  private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 10);
  private static final Font ROW_CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final int MOST_LINES = 3;

  /**
   * Copies the lists and checks that they fit each other.
   *
   * @throws IllegalArgumentException if there is no picture, their sizes differ, or there is not one caption for each
   */
  public SampleGrid {
    images = List.copyOf(images);
    captions = List.copyOf(captions);
    rowCaptions = List.copyOf(rowCaptions);
    if (images.isEmpty() || columns < 1 || gap < 0) {
      throw new IllegalArgumentException(
          "sample grid: " + images.size() + " pictures in " + columns + " columns with a gap of " + gap
              + "; at least one picture and one column are needed, and no gap below 0");
    }
    for (int i = 0; i < images.size(); i++) {
      if (images.get(i).getWidth() != images.getFirst().getWidth()
          || images.get(i).getHeight() != images.getFirst().getHeight()) {
        throw new IllegalArgumentException(
            "sample grid: picture " + i + " has " + size(images.get(i)) + " pixels, picture 0 "
                + size(images.getFirst()));
      }
    }
    requireCount("captions", captions, "pictures", images.size());
    requireCount("row captions", rowCaptions, "rows", (images.size() + columns - 1) / columns);
  }

  private static String size(BufferedImage image) {
    return image.getWidth() + "x" + image.getHeight();
  }

  private static void requireCount(String name, List<String> captions, String what, int count) {
    if (!captions.isEmpty() && captions.size() != count) {
      throw new IllegalArgumentException(
          "sample grid: there are " + captions.size() + " " + name + " for " + count + " " + what);
    }
  }

  /** Without texts. */
  public static SampleGrid of(List<BufferedImage> images, int columns) {
    return new SampleGrid(images, columns, DEFAULT_GAP, List.of(), List.of());
  }

  /** With a text under each picture. */
  public SampleGrid withCaptions(List<String> texts) {
    return new SampleGrid(images, columns, gap, texts, rowCaptions);
  }

  /** With a text under each row. */
  public SampleGrid withRowCaptions(List<String> texts) {
    return new SampleGrid(images, columns, gap, captions, texts);
  }

  /** Draws pictures and captions on one picture of the caller's own. */
  public BufferedImage draw() {
    BufferedImage plain = Images.grid(images, columns, gap);
    if (captions.isEmpty() && rowCaptions.isEmpty()) {
      return plain;
    }
    Graphics2D measuring = plain.createGraphics();
    FontMetrics cell = measuring.getFontMetrics(CAPTION);
    FontMetrics row = measuring.getFontMetrics(ROW_CAPTION);
    measuring.dispose();
    List<List<String>> lines = captions.stream().map(
        text -> CaptionText.lines(text, cell, images.getFirst().getWidth(), MOST_LINES)).toList();
    int most = lines.stream().mapToInt(List::size).max().orElse(0);
    int height = images.getFirst().getHeight() + gap;
    int rowHeight = height + most * cell.getHeight() + (rowCaptions.isEmpty() ? 0 : row.getHeight() + gap);
    int rows = (images.size() + columns - 1) / columns;
    BufferedImage grid = new BufferedImage(plain.getWidth(), rows * rowHeight + gap, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = grid.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, grid.getWidth(), grid.getHeight());
    g.setColor(INK);
    for (int r = 0; r < rows; r++) {
      int top = r * rowHeight;
      g.drawImage(plain, 0, top, plain.getWidth(), top + height, 0, r * height, plain.getWidth(), (r + 1) * height,
          null);
      if (!rowCaptions.isEmpty()) {
        g.setFont(ROW_CAPTION);
        g.drawString(CaptionText.fit(rowCaptions.get(r), row, plain.getWidth() - 2 * gap), gap,
            top + rowHeight - gap - row.getDescent());
      }
    }
    g.setFont(CAPTION);
    for (int i = 0; i < lines.size(); i++) {
      drawLines(g, lines.get(i), gap + i % columns * (images.getFirst().getWidth() + gap),
          i / columns * rowHeight + height, cell);
    }
    g.dispose();
    return grid;
  }

  /** Each line in the middle under its picture. */
  private void drawLines(Graphics2D g, List<String> lines, int left, int top, FontMetrics metrics) {
    for (int i = 0; i < lines.size(); i++) {
      int indent = (images.getFirst().getWidth() - metrics.stringWidth(lines.get(i))) / 2;
      g.drawString(lines.get(i), left + indent, top + i * metrics.getHeight() + metrics.getAscent());
    }
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
