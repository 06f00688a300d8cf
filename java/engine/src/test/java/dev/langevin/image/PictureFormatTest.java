package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFormatTest {

  private static final String TEXT = "a cät, 猫\nSteps: 1, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8";

  @TempDir
  private Path folder;

  private static BufferedImage picture() {
    BufferedImage picture = new BufferedImage(16, 8, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 128; i++) {
      picture.setRGB(i % 16, i / 16, i * 0x1f3d57 & 0xffffff);
    }
    return picture;
  }

  @Test
  void shouldBeOfTheEnding() {
    assertThat(PictureFormat.of(Path.of("a.JPG"))).isEqualTo(PictureFormat.JPEG);
    assertThat(PictureFormat.of(Path.of("a.webp"))).isEqualTo(PictureFormat.WEBP);
    assertThat(PictureFormat.of(Path.of("no-ending"))).isEqualTo(PictureFormat.PNG);
    assertThatThrownBy(() -> PictureFormat.of(Path.of("a.bmp")))
        .hasMessage("a.bmp: pictures are not written as .bmp; end its name in .png, .jpg or .webp");
    assertThatThrownBy(() -> Images.requirePictureFile(folder.resolve("a.gif")))
        .hasMessageStartingWith(folder.resolve("a.gif") + ": this is not written as GIF, but as PNG or JPEG");
  }

  /** The bytes that piexif writes for such a comment, by which A1111 and others find it. */
  @Test
  void shouldWriteParametersIntoJpeg() throws IOException {
    Path file = folder.resolve("a.jpg");
    Images.write(picture(), file, PictureFormat.JPEG, Map.of(GenerationParameters.KEYWORD, TEXT), 90);
    assertThat(PictureTexts.read(file).texts()).containsEntry("UserComment", TEXT);
    byte[] bytes = Files.readAllBytes(file);
    assertThat(HexFormat.of().formatHex(bytes)).contains("457869660000" + "4d4d002a00000008"
        + "0001" + "8769" + "0004" + "00000001" + "0000001a" + "00000000" + "0001" + "9286" + "0007");
    assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).contains("UNICODE\0");
    Path without = folder.resolve("b.jpg");
    Images.write(picture(), without, PictureFormat.JPEG, Map.of(), 90);
    assertThat(Images.pixels(Images.read(file))).isEqualTo(Images.pixels(Images.read(without)));
    Path worse = folder.resolve("c.jpg");
    Images.write(picture(), worse, PictureFormat.JPEG, Map.of(), 10);
    assertThat(Files.size(worse)).isLessThan(Files.size(without));
  }

  @Test
  void shouldSayWhatAJpegCannotHold() {
    assertThat(PictureFormat.JPEG.holds(List.of("x".repeat(32_600)))).isTrue();
    String longText = "x".repeat(40_000);
    assertThat(PictureFormat.JPEG.holds(List.of(longText))).isFalse();
    Path file = folder.resolve("a.jpg");
    assertThatThrownBy(
        () -> Images.write(picture(), file, PictureFormat.JPEG, Map.of(GenerationParameters.KEYWORD, longText), null))
            .hasMessageContaining("a JPEG cannot hold parameters of 40000 letters");
    assertThat(file).doesNotExist();
  }

  @Test
  void shouldWriteParametersIntoAGif() {
    Path file = folder.resolve("a.gif");
    String text = TEXT + "x".repeat(600); // blocks have 255 bytes
    AnimatedGif.write(List.of(picture(), picture()), 100, text, file);
    assertThat(PictureTexts.read(file).texts()).containsEntry(PictureTexts.COMMENT, text);
    assertThat(Images.read(file).getWidth()).isEqualTo(16);
  }

  @Test
  void shouldNotWriteAPictureOfAlphaAsBlack() throws IOException {
    BufferedImage alpha = new BufferedImage(16, 16, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 256; i++) {
      alpha.setRGB(i % 16, i / 16, 0x80c86432);
    }
    byte[] jpeg = PictureFormat.JPEG.encode(alpha, Map.of(), 95);
    assertThat(Images.read(Files.write(folder.resolve("alpha.jpg"), jpeg)).getRGB(5, 5) >> 16 & 255)
        .isBetween(197, 203);
    assertThat(EnumSet.allOf(PictureFormat.class).stream().filter(PictureFormat::hasQuality))
        .containsExactly(PictureFormat.JPEG, PictureFormat.WEBP);
  }
}
