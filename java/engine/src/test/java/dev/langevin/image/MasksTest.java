package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class MasksTest {

  private static BufferedImage picture(int type, int... argb) {
    BufferedImage picture = new BufferedImage(argb.length, 1, type);
    picture.setRGB(0, 0, argb.length, 1, argb, 0, argb.length);
    return picture;
  }

  /** Catches a mask whose sense is turned round. */
  @Test
  void shouldPaintWhatIsTransparentAnew() {
    BufferedImage mask = picture(BufferedImage.TYPE_INT_ARGB, 0x00FFFFFF, 0xFFFFFFFF, 0xFF000000);
    assertThat(Masks.of(mask).toFloats()).containsExactly(1, 0, 0);
    assertThat(Masks.of(mask).shape().dims()).containsExactly(1, 1, 3);
    assertThat(Masks.ofAlpha(mask)).hasValueSatisfying(own -> assertThat(own.toFloats()).containsExactly(1, 0, 0));
  }

  /** A PNG editor's black and white mask may have an alpha channel in which nothing is transparent. */
  @Test
  void shouldPaintWhatIsWhiteAnewWhereNothingIsTransparent() {
    assertThat(Masks.of(picture(BufferedImage.TYPE_INT_ARGB, 0xFFFFFFFF, 0xFF000000)).toFloats()).containsExactly(1, 0);
    assertThat(Masks.of(picture(BufferedImage.TYPE_BYTE_GRAY, 0xFFFFFFFF, 0xFF000000)).toFloats())
        .containsExactly(1, 0);
    assertThat(Masks.ofAlpha(picture(BufferedImage.TYPE_INT_ARGB, 0xFFFFFFFF, 0xFF000000))).isEmpty();
    assertThat(Masks.ofAlpha(picture(BufferedImage.TYPE_INT_RGB, 0xFFFFFFFF))).isEmpty();
  }
}
