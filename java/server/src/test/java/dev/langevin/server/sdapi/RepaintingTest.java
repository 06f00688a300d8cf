package dev.langevin.server.sdapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RepaintingTest {

  private static BufferedImage plain(int width, int height, int rgb) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] pixels = new int[width * height];
    Arrays.fill(pixels, rgb);
    image.setRGB(0, 0, width, height, pixels, 0, width);
    return image;
  }

  /** White in a square. */
  private static Gray square(int width, int height, int from, int side) {
    int[] values = new int[width * height];
    for (int y = from; y < from + side; y++) {
      Arrays.fill(values, y * width + from, y * width + from + side, 255);
    }
    return new Gray(width, height, values);
  }

  private static int at(BufferedImage image, int x, int y) {
    return image.getRGB(x, y) & 0xffffff;
  }

  @Test
  void shouldKeepWhatTheMaskLeavesBlack() {
    BufferedImage picture = plain(64, 64, 0x123456);
    Repainting repainting = Repainting.of(picture,
        new Repainting.Masking(square(64, 64, 16, 16), false, 0, 0, false, 0, false), Fitting.STRETCHED, 64, 64);
    BufferedImage result = repainting.finished(plain(64, 64, 0xffffff));
    assertThat(at(result, 0, 0)).isEqualTo(0x123456);
    assertThat(at(result, 20, 20)).isEqualTo(0xffffff);
    assertThat(at(result, 15, 20)).isEqualTo(0x123456);
  }

  /** The masked part alone is made at the size that was asked for, and goes back to where it was. */
  @Test
  void shouldPutAPartBackIntoItsPicture() {
    BufferedImage picture = plain(200, 100, 0x202020);
    Repainting repainting = Repainting.of(picture,
        new Repainting.Masking(square(200, 100, 30, 20), false, 0, 0, true, 5, false), Fitting.STRETCHED, 64, 64);
    assertThat(repainting.part()).isEqualTo(new Rectangle(25, 25, 30, 30));
    assertThat(repainting.image().getWidth()).isEqualTo(64);
    BufferedImage result = repainting.finished(plain(64, 64, 0xff0000));
    assertThat(result.getWidth()).isEqualTo(200);
    assertThat(at(result, 40, 40)).isEqualTo(0xff0000);
    assertThat(at(result, 27, 27)).isEqualTo(0x202020);
    assertThat(at(result, 150, 50)).isEqualTo(0x202020);
  }

  @Test
  void shouldGrowAPartToTheShapeOfWhatIsMade() {
    assertThat(new Rectangle(10, 10, 20, 10).shapedAs(64, 64, 100, 100)).isEqualTo(new Rectangle(10, 5, 20, 20));
    assertThat(new Rectangle(0, 90, 20, 10).shapedAs(64, 64, 100, 100)).isEqualTo(new Rectangle(0, 80, 20, 20));
    assertThat(new Rectangle(0, 0, 100, 10).shapedAs(64, 64, 100, 50)).isEqualTo(new Rectangle(0, 0, 100, 50));
  }

  @Test
  void shouldRefuseAMaskThatIsBlackEverywhere() {
    assertThatThrownBy(() -> Repainting.of(plain(8, 8, 0),
        new Repainting.Masking(new Gray(8, 8, new int[64]), false, 0, 0, true, 0, false), Fitting.STRETCHED, 8, 8))
            .hasMessageContaining("black everywhere");
  }

  /** Sums of a Gaussian keep the mean; a line of one white pixel shows the weights. */
  @Test
  void shouldBlurByAGaussian() {
    int[] values = new int[101];
    values[50] = 255;
    Gray blurred = new Gray(101, 1, values).blurred(4, 0);
    assertThat(Arrays.stream(blurred.values()).sum()).isBetween(245, 265);
    assertThat(blurred.values()[50]).isBetween(25, 27); // 255 / (4 sqrt(2 pi)) = 25.4, of 2.5 deviations a bit more
    assertThat(blurred.values()[50 - 4]).isEqualTo(blurred.values()[50 + 4]);
    assertThat(blurred.values()[50 - 11]).isZero(); // 2.5 deviations are 10 pixels
    assertThat(new Gray(3, 1, new int[] {255, 255, 255}).blurred(64, 64).values()).containsOnly(255);
  }

  @Test
  void shouldFillWithTheColoursAround() {
    BufferedImage picture = plain(64, 64, 0x40a0ff);
    for (int y = 24; y < 40; y++) {
      for (int x = 24; x < 40; x++) {
        picture.setRGB(x, y, 0xff0000);
      }
    }
    BufferedImage filled = MaskedContent.filled(picture, square(64, 64, 24, 16));
    assertThat(at(filled, 32, 32)).isEqualTo(0x40a0ff);
    assertThat(at(filled, 2, 2)).isEqualTo(0x40a0ff);
  }

  @Test
  void shouldFitAsTheWebUiDoes() {
    BufferedImage wide = plain(40, 20, 0x00ff00);
    assertThat(Fitting.CROPPED.fit(wide, 16, 16).getWidth()).isEqualTo(16);
    BufferedImage filled = Fitting.FILLED.fit(wide, 16, 16);
    assertThat(at(filled, 8, 0)).isEqualTo(0x00ff00);
    assertThat(Fitting.of(3)).isNull();
  }

  @Test
  void shouldReadAMaskOfAlphaOrOfBrightness() {
    BufferedImage alpha = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    alpha.setRGB(0, 0, 0xff000000);
    assertThat(Gray.maskOf(alpha).values()).containsExactly(255, 0);
    BufferedImage bright = plain(2, 1, 0x7f7f7f);
    bright.setRGB(1, 0, 0x808080);
    assertThat(Gray.maskOf(bright).values()).containsExactly(0, 255);
  }
}
