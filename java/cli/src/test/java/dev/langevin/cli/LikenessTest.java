package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class LikenessTest {

  private static BufferedImage picture(int shift, boolean mirrored) {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 16; y++) {
      for (int x = 0; x < 16; x++) {
        int grey = 10 * (mirrored ? 15 - x : x) + shift;
        image.setRGB(x, y, grey << 16 | grey << 8 | grey);
      }
    }
    return image;
  }

  @Test
  void shouldTellTheSamePicture() {
    Likeness likeness = Likeness.of(picture(0, false), picture(0, false));
    assertThat(likeness.psnr()).isInfinite();
    assertThat(likeness.ssim()).isCloseTo(1, within(1e-12));
  }

  /** Catches a noise that is not the mean over all colours, and structure that brightness hides. */
  @Test
  void shouldMeasureWhatDiffers() {
    Likeness brighter = Likeness.of(picture(0, false), picture(5, false));
    assertThat(brighter.psnr()).isCloseTo(20 * Math.log10(255.0 / 5), within(1e-9));
    assertThat(brighter.ssim()).isBetween(0.98, 0.9999);
    assertThat(Likeness.of(picture(0, false), picture(0, true)).ssim()).isNegative();
  }

  @Test
  void shouldRefuseAnotherSize() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Likeness.of(picture(0, false), new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB)))
        .withMessageContaining("16x16 and 4x4");
  }
}
