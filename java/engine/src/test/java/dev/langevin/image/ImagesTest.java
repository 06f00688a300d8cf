package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures are what their files store, from a file and from a program. */
class ImagesTest {

  @TempDir
  private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY})
  void shouldReadGrayAsItIsStored(int type) throws IOException {
    BufferedImage gray = new BufferedImage(16, 16, type);
    int scale = type == BufferedImage.TYPE_BYTE_GRAY ? 1 : 257;
    for (int i = 0; i < 256; i++) {
      gray.getRaster().setSample(i % 16, i / 16, 0, i * scale);
    }
    Path file = folder.resolve("gray.png");
    ImageIO.write(gray, "png", file.toFile());
    for (BufferedImage image : new BufferedImage[] {gray, Images.read(file)}) {
      float[] unit = Images.toUnit(image).toFloats();
      float[] luma = Images.toLuminance(image).toFloats();
      for (int i = 0; i < 256; i++) {
        assertThat(unit[i]).isEqualTo(i / 255f);
        assertThat(luma[i]).isEqualTo(i / 255f);
      }
      assertThat(Resampling.LANCZOS.resize(image, 16, 16).getRGB(3, 8) & 255).isEqualTo(131);
    }
  }

  /** The PNG is what Pillow 12.3 converts the JPEG to, whose patches are of one colour each. */
  @Test
  void shouldReadInkAsPillowDoes() throws IOException {
    int[] read = Images.pixels(Images.read(Path.of("src/test/resources/pictures/cmyk.jpg")));
    int[] expected = Images.pixels(ImageIO.read(Path.of("src/test/resources/pictures/cmyk.png").toFile()));
    assertThat(read).hasSameSizeAs(expected);
    for (int i = 0; i < read.length; i++) {
      for (int shift = 0; shift < 24; shift += 8) {
        assertThat(read[i] >> shift & 255).as("pixel %d", i).isCloseTo(expected[i] >> shift & 255, within(1));
      }
    }
  }

  @Test
  void shouldReadHeadersAlone() throws IOException {
    Path jfif = folder.resolve("a.jfif");
    ImageIO.write(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB), "jpeg", jfif.toFile());
    assertThat(PictureFile.isNamed(jfif)).isTrue();
    assertThatNoException().isThrownBy(() -> Images.requireReadable(jfif));
    Path huge = folder.resolve("huge.png");
    ImageIO.write(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB), "png", huge.toFile());
    byte[] bytes = Files.readAllBytes(huge);
    ByteBuffer.wrap(bytes).putInt(16, 40_000).putInt(20, 40_000); // width and height of IHDR, and its checksum
    CRC32 checksum = new CRC32();
    checksum.update(bytes, 12, 17);
    ByteBuffer.wrap(bytes).putInt(29, (int) checksum.getValue());
    Files.write(huge, bytes);
    assertThatThrownBy(() -> Images.requireReadable(huge)).hasMessageStartingWith(huge + ": has 40000x40000 pixels");
    assertThatThrownBy(() -> Images.read(huge)).hasMessageStartingWith(huge + ": has 40000x40000 pixels");
  }

  @Test
  void shouldWriteIntoAFolderBehindALink() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Files.createDirectory(folder.resolve("real")));
    assertThatNoException().isThrownBy(() -> Images.requireWritable(link));
    assertThatNoException().isThrownBy(() -> Images.requirePictureFile(link.resolve("a.png")));
    assertThatThrownBy(() -> Images.requirePictureFile(link.resolve("a.tif")))
        .hasMessage(link.resolve("a.tif") + ": pictures are not written as .tif; end its name in .png, .jpg or .webp");
  }

  @Test
  void shouldDropAlphaAndKeepColours() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x40102030);
    assertThat(Images.toUnit(image).toFloats()).containsExactly(0x10 / 255f, 0x20 / 255f, 0x30 / 255f);
  }
}
