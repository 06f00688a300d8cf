package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gray is what the file stores, from a file and from a program's picture. */
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

  @Test
  void shouldDropAlphaAndKeepColours() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00102030);
    assertThat(Images.pixels(image)).containsExactly(0x102030);
  }
}
