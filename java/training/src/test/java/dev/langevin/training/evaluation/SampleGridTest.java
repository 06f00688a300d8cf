package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.langevin.image.Images;
import java.awt.FontMetrics;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleGridTest {

  private static final FontMetrics METRICS =
      new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics().getFontMetrics();

  /** Each of one colour that says its number. */
  private static List<BufferedImage> pictures(int count) {
    return IntStream.range(0, count).mapToObj(n -> {
      BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      IntStream.range(0, 32 * 32).forEach(i -> image.setRGB(i % 32, i / 32, colour(n)));
      return image;
    }).toList();
  }

  private static int colour(int number) {
    return 0xff400000 | number * 20 << 8 | 0x80;
  }

  @Test
  void shouldPutPicturesRowAfterRow(@TempDir Path folder) {
    Path file = folder.resolve("grid.png");
    SampleGrid.of(pictures(5), 3).write(file);
    BufferedImage grid = Images.read(file);
    assertThat(grid.getWidth()).isEqualTo(3 * 36 + 4);
    assertThat(grid.getHeight()).isEqualTo(2 * 36 + 4);
    assertThat(grid.getRGB(4, 4)).isEqualTo(colour(0));
    assertThat(grid.getRGB(4 + 36 + 31, 4 + 36 + 31)).isEqualTo(colour(4));
    assertThat(grid.getRGB(4 + 2 * 36, 4 + 36)).isEqualTo(0xffffffff);
  }

  /** The pictures must not move, and must not be written over, by the texts between their rows. */
  @Test
  void shouldPutTextsUnderPicturesAndRows() {
    List<String> captions = List.of("a", "two words or more", "", "d", "a word much too long: Donaudampfschiffahrt");
    BufferedImage grid =
        SampleGrid.of(pictures(5), 3).withCaptions(captions).withRowCaptions(List.of("first", "second")).draw();
    int rowHeight = (grid.getHeight() - 4) / 2;
    assertThat(rowHeight).isGreaterThan(36 + 20);
    for (int i = 0; i < 5; i++) {
      int left = 4 + i % 3 * 36;
      int top = 4 + i / 3 * rowHeight;
      assertThat(grid.getRGB(left, top)).isEqualTo(colour(i));
      assertThat(grid.getRGB(left + 31, top + 31)).isEqualTo(colour(i));
      boolean inked = dark(grid, left, top + 32, 32, 13) > 0;
      assertThat(inked).as(captions.get(i)).isEqualTo(!captions.get(i).isEmpty());
    }
    assertThat(dark(grid, 0, rowHeight - 16, 60, 16)).isPositive();
    assertThat(dark(grid, 0, 2 * rowHeight - 16, 60, 16)).isPositive();
  }

  private static long dark(BufferedImage image, int left, int top, int width, int height) {
    return IntStream.range(0, width * height).filter(i -> (image.getRGB(left + i % width, top + i / width) & 255) < 128)
        .count();
  }

  @Property(tries = 100)
  void shouldKeepTextsWithinTheirWidth(@ForAll String text, @ForAll @IntRange(max = 200) int width) {
    assertThat(METRICS.stringWidth(CaptionText.fit(text, METRICS, width))).isLessThanOrEqualTo(Math.max(width, 0));
    List<String> lines = CaptionText.lines(text, METRICS, width, 3);
    assertThat(lines).hasSizeBetween(0, 3)
        .allSatisfy(line -> assertThat(METRICS.stringWidth(line)).isLessThanOrEqualTo(width));
  }

  @Test
  void shouldCutTheLastLineOnly() {
    assertThat(CaptionText.lines("one two", METRICS, 1000, 3)).containsExactly("one two");
    int width = METRICS.stringWidth("three four");
    assertThat(CaptionText.lines("one two three four five six seven eight", METRICS, width, 2).getFirst())
        .isEqualTo("one two");
    assertThat(CaptionText.lines("one two three four five six seven eight", METRICS, width, 2).getLast())
        .startsWith("three").endsWith("…");
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    BufferedImage small = new BufferedImage(8, 9, BufferedImage.TYPE_INT_RGB);
    assertThatIllegalArgumentException().isThrownBy(() -> SampleGrid.of(List.of(), 3))
        .withMessage(
            "sample grid: 0 pictures in 3 columns with a gap of 4; at least one picture and one column are needed, "
                + "and no gap below 0");
    assertThatIllegalArgumentException().isThrownBy(() -> SampleGrid.of(List.of(pictures(1).getFirst(), small), 3))
        .withMessage("sample grid: picture 1 has 8x9 pixels, picture 0 32x32");
    assertThatIllegalArgumentException().isThrownBy(() -> SampleGrid.of(pictures(3), 3).withCaptions(List.of("a")))
        .withMessage("sample grid: there are 1 captions for 3 pictures");
    assertThatIllegalArgumentException().isThrownBy(() -> SampleGrid.of(pictures(3), 2).withRowCaptions(List.of("a")))
        .withMessage("sample grid: there are 1 row captions for 2 rows");
  }
}
