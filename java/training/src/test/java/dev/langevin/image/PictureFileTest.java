package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.training.data.TestPictures;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureFileTest {

  @TempDir
  private Path folder;

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  /** Catches gray pictures that the JDK's colour conversion brightens: 64 would become 137. */
  @Test
  void shouldKeepGrayValues() throws IOException {
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {0, 64, 255});
    assertThat(PictureFile.read(TestPictures.write(folder.resolve("gray.png"), image))).satisfies(picture -> {
      assertThat(picture.channels()).isEqualTo(1);
      assertThat(picture.samples()).containsExactly(0, 64, 255);
    });
    BufferedImage deep = new BufferedImage(3, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setSamples(0, 0, 3, 1, 0, new int[] {0, 0x40ff, 0xffff});
    assertThat(PictureFile.read(TestPictures.write(folder.resolve("deep.png"), deep)).samples()).containsExactly(0, 64,
        255);
  }

  @Test
  void shouldKeepColoursAndAlpha() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x800a141e);
    image.setRGB(1, 0, 0xff010203);
    DecodedImage picture = PictureFile.read(TestPictures.write(folder.resolve("a.png"), image));
    assertThat(picture.channels()).isEqualTo(4);
    assertThat(picture.samples()).containsExactly(10, 20, 30, 128, 1, 2, 3, 255);
    assertThat(
        PictureFile.read(TestPictures.write(folder.resolve("a.bmp"), TestPictures.plain(2, 2, 0x0a141e))).samples())
            .startsWith(10, 20, 30);
  }

  /** A palette with a transparent colour, as emoji and GIF files have. */
  @Test
  void shouldReadPalettes() throws IOException {
    IndexColorModel palette = new IndexColorModel(8, 2, new byte[] {5, 6}, new byte[] {7, 8}, new byte[] {9, 10}, 1);
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {0, 1});
    for (String name : new String[] {"p.png", "p.gif"}) {
      DecodedImage picture = PictureFile.read(TestPictures.write(folder.resolve(name), image));
      assertThat(picture.channels()).isEqualTo(4);
      assertThat(picture.samples()).startsWith(5, 7, 9, 255).endsWith(0);
    }
  }

  @Test
  void shouldReadJpegByItsContents() throws IOException {
    Path file =
        file("misnamed.png", TestPictures.encoded(TestPictures.plain(16, 8, new Color(200, 100, 50).getRGB()), "jpg"));
    DecodedImage picture = PictureFile.read(file);
    assertThat(PictureFile.size(file)).isEqualTo(new PictureFile.Size(16, 8));
    assertThat(picture.width()).isEqualTo(16);
    assertThat(picture.samples()[0] & 255).isBetween(197, 203);
  }

  /** Catches truncated files, which the JDK's JPEG reader fills up with gray. */
  @ParameterizedTest
  @CsvSource({
      "png, is damaged: Error reading PNG image data: Unexpected end of ZLIB input stream",
      "jpg, is damaged: Truncated File - Missing EOI marker",
      "bmp, is truncated",
      "gif, is damaged: I/O error reading image!: Invalid block length for LZW encoded image data"})
  void shouldNotDecodeHalfAPicture(String format, String reason) throws IOException {
    byte[] whole = TestPictures.encoded(TestPictures.pattern(40, 30), format);
    assertThat(PictureFile.read(file("whole." + format, whole)).width()).isEqualTo(40);
    Path half = file("half." + format, Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> PictureFile.read(half)).isInstanceOf(IOException.class).hasMessage(reason);
    for (double share : new double[] {0, 0.01, 0.1, 0.9}) {
      Path part = file("part." + format, Arrays.copyOf(whole, (int) (whole.length * share)));
      assertThatThrownBy(() -> PictureFile.read(part)).as("%s of %s", share, format).isInstanceOf(IOException.class)
          .hasMessageMatching("is (damaged: .+|truncated|not a PNG, JPEG, BMP, GIF or WebP picture)");
    }
    Path gone = folder.resolve("gone." + format);
    assertThatThrownBy(() -> PictureFile.read(gone))
        .hasMessage("cannot be read: java.nio.file.NoSuchFileException: " + gone);
  }

  @Test
  void shouldRefuseOtherFiles() throws IOException {
    assertThatThrownBy(() -> PictureFile.read(file("a.png", "<html>404</html>".getBytes())))
        .hasMessage("is not a PNG, JPEG, BMP, GIF or WebP picture");
    assertThatThrownBy(() -> PictureFile.size(file("b.png", new byte[100])))
        .hasMessage("is not a PNG, JPEG, BMP, GIF or WebP picture");
  }

  /** Catches a header of a few bytes that asks for gigabytes: width 65536, height 65536. */
  @Test
  void shouldRefuseHugePictures() throws IOException {
    byte[] png = TestPictures.encoded(TestPictures.plain(1, 1, 0), "png");
    ByteBuffer.wrap(png).putInt(16, 65536).putInt(20, 65536);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    assertThatThrownBy(() -> PictureFile.read(file("huge.png", png)))
        .hasMessage("has 65536x65536 pixels, which is not from 1 to 178956970");
  }
}
