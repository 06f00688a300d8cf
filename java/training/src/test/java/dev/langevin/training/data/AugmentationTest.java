package dev.langevin.training.data;

import static dev.langevin.training.data.TestPictures.gray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.image.Resampling;
import dev.langevin.training.data.Augmentation.Crop;
import java.awt.image.BufferedImage;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AugmentationTest {

  /** The sample's values back in eight bits, row by row, channel by channel. */
  private static int[] bytes(Augmentation augmentation, Picture picture, long seed) {
    return bytes(augmentation, picture, true, seed);
  }

  private static int[] bytes(Augmentation augmentation, Picture picture, boolean flippable, long seed) {
    float[] values = augmentation.apply(picture, flippable, seed).toFloats();
    int[] bytes = new int[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = Math.round((values[i] + 1) * 127.5f);
      assertThat(values[i]).isEqualTo(bytes[i] / 127.5f - 1);
    }
    return bytes;
  }

  private static final Picture THREE = gray(3, 1, 2, 3, 4, 5, 6, 7, 8, 9);

  /** Catches a wrong range: -1 is black, 1 white. */
  @Test
  void shouldMapBytesToSignedUnit() {
    assertThat(Augmentation.of(1, 2).apply(gray(2, 0, 255, 51, 204), true, 0).toFloats()).containsExactly(-1f, 1f,
        51 / 127.5f - 1, 204 / 127.5f - 1);
  }

  /** Catches interleaved channels, and red and blue exchanged. */
  @Test
  void shouldPutChannelsOneAfterAnother() {
    Picture picture = new Picture(2, 1, 3, new byte[] {10, 20, 30, 40, 50, 60});
    Augmentation wide =
        new Augmentation(3, 1, 2, 0, Augmentation.Fit.CROP, Resampling.BICUBIC, Crop.CENTRE, false, 0, 0, 0);
    assertThat(bytes(wide, picture, 0)).containsExactly(10, 40, 20, 50, 30, 60);
    assertThat(bytes(Augmentation.of(3, 1), gray(1, 77), 0)).containsExactly(77, 77, 77);
  }

  /** Pillow: {@code Image.new("RGB", (1, 1), (200, 100, 50)).convert("L")} is 124. */
  @Test
  void shouldWeighColoursForGray() {
    assertThat(bytes(Augmentation.of(1, 1), new Picture(1, 1, 3, new byte[] {(byte) 200, 100, 50}), 0))
        .containsExactly(124);
  }

  /** Catches transparent pixels that show the colour below them, which editors leave arbitrary. */
  @Test
  void shouldLayTransparentPixelsOverTheBackground() {
    Picture picture = new Picture(1, 1, 4, new byte[] {100, 0, (byte) 200, 51}); // a fifth opaque
    assertThat(bytes(Augmentation.of(3, 1), picture, 0)).containsExactly(224, 204, 244);
    assertThat(bytes(Augmentation.of(3, 1).on(Augmentation.BLACK), picture, 0)).containsExactly(20, 0, 40);
    Picture grayAlpha = new Picture(1, 1, 2, new byte[] {100, 0});
    assertThat(bytes(Augmentation.of(1, 1).on(0x0a0a0a), grayAlpha, 0)).containsExactly(10);
  }

  /**
   * Catches a centre that is rounded another way than torchvision's, half to even: 1 spare column 0, 3 spare columns 2.
   */
  @Test
  void shouldCropTheMiddle() {
    assertThat(bytes(Augmentation.of(1, 1), THREE, 0)).containsExactly(5);
    assertThat(bytes(Augmentation.of(1, 2), THREE, 0)).containsExactly(1, 2, 4, 5);
    assertThat(bytes(Augmentation.of(1, 1), gray(4, 1, 2, 3, 4), 0)).containsExactly(3);
  }

  /** Catches crops that never reach an edge, or reach past it. */
  @Test
  void shouldCropAnywhere() {
    Augmentation random = Augmentation.of(1, 2).cropping(Crop.RANDOM);
    Set<Integer> corners = new HashSet<>();
    for (long seed = 0; seed < 100; seed++) {
      int[] part = bytes(random, THREE, seed);
      assertThat(part).containsExactly(part[0], part[0] + 1, part[0] + 3, part[0] + 4);
      corners.add(part[0]);
    }
    assertThat(corners).containsExactlyInAnyOrder(1, 2, 4, 5);
  }

  @Test
  void shouldPadEvenly() {
    Augmentation padded = Augmentation.of(1, 4).padding().on(0);
    assertThat(bytes(padded, gray(2, 1, 2, 3, 4), 0)).containsExactly(0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0);
    assertThat(bytes(padded, THREE, 0)).containsExactly(1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0);
    // 76 is red's luma
    assertThat(bytes(Augmentation.of(1, 2).padding().on(0xff0000), gray(1, 9), 0)).containsExactly(9, 76, 76, 76);
  }

  @Test
  void shouldRefuseSmallPicturesWithoutPadding() {
    assertThatThrownBy(() -> Augmentation.of(1, 4).resizing(3, Resampling.BILINEAR).apply(gray(2, 1, 2, 3, 4), true, 0))
        .hasMessage(
            "2x2 pixels, resized to 3x3, are fewer than the sample's 4x4; resize to a longer shorter side, or allow"
                + " padding");
  }

  /** Catches mirrored text, and mirroring upside down. */
  @Test
  void shouldMirrorWhereAllowed() {
    Augmentation always = Augmentation.of(1, 3).flipping(1);
    assertThat(bytes(always, THREE, 0)).containsExactly(3, 2, 1, 6, 5, 4, 9, 8, 7);
    assertThat(bytes(always, THREE, false, 0)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    int mirrored = 0;
    for (long seed = 0; seed < 1000; seed++) {
      mirrored += bytes(Augmentation.of(1, 3).flipping(0.25), THREE, seed)[0] == 3 ? 1 : 0;
    }
    assertThat(mirrored).isBetween(180, 320); // deviation 14
  }

  /** Catches shifts past the limit, and pixels that come in again on the other side. */
  @Test
  void shouldShiftBothWaysOnBackground() {
    Augmentation shifting = Augmentation.of(1, 3).shifting(1).on(0);
    Set<Integer> places = new HashSet<>();
    for (long seed = 0; seed < 200; seed++) {
      int[] shifted = bytes(shifting, gray(3, 0, 0, 0, 0, 5, 0, 0, 0, 0), seed);
      for (int i = 0; i < 9; i++) {
        if (shifted[i] == 5) {
          places.add(i);
        }
      }
    }
    assertThat(places).hasSize(9);
    Set<String> corners = new HashSet<>();
    for (long seed = 0; seed < 200; seed++) {
      corners.add(java.util.Arrays.toString(bytes(shifting, THREE, seed)));
    }
    assertThat(corners).hasSize(9).contains("[0, 0, 0, 0, 1, 2, 0, 4, 5]", "[5, 6, 0, 8, 9, 0, 0, 0, 0]");
  }

  /** The engine's resampling is compared with Pillow elsewhere; here: which size, and that it is used. */
  @Test
  void shouldResizeTheShorterSide() {
    assertThat(bytes(Augmentation.of(1, 1).resizing(1, Resampling.BILINEAR), gray(2, 10, 20, 30, 40), 0))
        .containsExactly(25);
    Augmentation wide =
        new Augmentation(1, 1, 2, 1, Augmentation.Fit.CROP, Resampling.BILINEAR, Crop.CENTRE, false, 0, 0, 0);
    assertThat(wide.fits(4, 2)).isTrue();
    assertThat(wide.fits(3, 2)).isFalse(); // 1.5 columns are 1, as torchvision has it
    assertThat(bytes(wide, gray(4, 8, 8, 80, 80, 8, 8, 80, 80), 0)).hasSize(2).isSorted();
  }

  /** Catches options that change what other options draw: runs that differ in one option should be comparable. */
  @Test
  void shouldDrawEachChanceApart() {
    Augmentation crop = Augmentation.of(1, 1).cropping(Crop.RANDOM);
    for (long seed = 0; seed < 50; seed++) {
      assertThat(bytes(crop.flipping(0.5), THREE, seed)).containsExactly(bytes(crop, THREE, seed));
    }
  }

  @Test
  void shouldRefuseSenselessOptions() {
    assertThatThrownBy(() -> Augmentation.of(2, 4))
        .hasMessage("augmentation: channels is 2, must be 1 (gray) or 3 (RGB)");
    assertThatThrownBy(() -> Augmentation.of(1, 0))
        .hasMessage("augmentation: the sample is 0x0 pixels, must be at least 1x1");
    assertThatThrownBy(() -> Augmentation.of(1, 4).flipping(1.5))
        .hasMessage("augmentation: flip is 1.5, must be a probability from 0 to 1");
    assertThatThrownBy(() -> Augmentation.of(1, 4).shifting(4))
        .hasMessage("augmentation: shift is 4, must be from 0 to less than the sample's 4 pixels");
    assertThatThrownBy(() -> Augmentation.of(1, 4).on(-1))
        .hasMessage("augmentation: background is -1, must be 0xRRGGBB");
    assertThatThrownBy(() -> Augmentation.of(1, 4).resizing(-1, Resampling.BICUBIC))
        .hasMessage("augmentation: resize is -1, must be the shorter side in pixels, or 0 for none");
  }

  /** Catches large pictures of which only the middle is seen. */
  @Test
  void shouldMakeLargerPicturesSmaller() {
    BufferedImage bars = new BufferedImage(48, 32, BufferedImage.TYPE_INT_RGB); // black, but for a white right third
    bars.createGraphics().fillRect(32, 0, 16, 32);
    byte[] samples = new byte[48 * 32];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (byte) bars.getRGB(i % 48, i / 48);
    }
    Picture picture = new Picture(48, 32, 1, samples);
    Augmentation plain = Augmentation.of(1, 16);
    assertThat(row(plain, picture)).as("the middle alone").containsOnly(-1f);
    assertThat(row(plain.fitting(Augmentation.Fit.COVER), picture)[15]).isGreaterThan(0.9f);
    float[] within = row(plain.fitting(Augmentation.Fit.CONTAIN), picture);
    assertThat(within[0]).isEqualTo(-1f);
    assertThat(within[15]).isGreaterThan(0.9f);
    assertThat(row(plain.fitting(Augmentation.Fit.STRETCH), picture)[5]).isEqualTo(-1f);
    Picture small = new Picture(16, 16, 1, new byte[256]);
    assertThat(row(plain.fitting(Augmentation.Fit.COVER), small)).containsOnly(-1f);
  }

  /** The sample's middle row. */
  private static float[] row(Augmentation augmentation, Picture picture) {
    float[] all = augmentation.apply(picture, false, 1).toFloats();
    return java.util.Arrays.copyOfRange(all, 8 * 16, 9 * 16);
  }
}
