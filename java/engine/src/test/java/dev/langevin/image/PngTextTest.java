package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PngTextTest {

  @TempDir
  private Path folder;

  private Path write(Map<String, String> texts) {
    Path file = folder.resolve("picture.png");
    Images.writePng(new BufferedImage(5, 3, BufferedImage.TYPE_INT_RGB), file, texts);
    return file;
  }

  /** Catches a text in the wrong letters, and a chunk that other programs refuse. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "caf\u00e9, two\nlines", "\ud83d\ude00 \u4f60\u597d", ""})
  void shouldGiveBackWhatWasWritten(String text) throws IOException {
    Path file = write(Map.of("parameters", text));
    assertThat(PictureTexts.read(file).texts()).isEqualTo(Map.of("parameters", text));
    assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(5);
  }

  /** Catches compressed texts, which other programs write. */
  @Test
  void shouldReadCompressedTexts() throws IOException {
    byte[] png = Files.readAllBytes(write(Map.of()));
    Deflater deflater = new Deflater();
    deflater.setInput("a long text ".repeat(100).getBytes(StandardCharsets.ISO_8859_1));
    deflater.finish();
    byte[] packed = new byte[1000];
    int length = deflater.deflate(packed);
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    chunk.write("zTXtnote\0\0".getBytes(StandardCharsets.ISO_8859_1));
    chunk.write(packed, 0, length);
    CRC32 crc = new CRC32();
    crc.update(chunk.toByteArray());
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(whole);
    out.write(png, 0, 33);
    out.writeInt(chunk.size() - 4);
    chunk.writeTo(out);
    out.writeInt((int) crc.getValue());
    out.write(png, 33, png.length - 33);
    Files.write(folder.resolve("packed.png"), whole.toByteArray());
    assertThat(PictureTexts.read(folder.resolve("packed.png")).texts())
        .isEqualTo(Map.of("note", "a long text ".repeat(100)));
  }

  @Test
  void shouldNameWhatIsNoPictureOrCutOff() throws IOException {
    Path file = write(Map.of("parameters", "text"));
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, 45));
    assertThatThrownBy(() -> PictureTexts.read(file)).isInstanceOf(ImageFileException.class)
        .hasMessageContaining("is cut off");
    Files.writeString(file, "no picture at all, but long enough to be one");
    assertThatThrownBy(() -> PictureTexts.read(file))
        .hasMessageContaining("picture.png: is no PNG, JPEG, WebP or GIF picture");
    assertThatThrownBy(() -> PictureTexts.read(folder.resolve("nowhere.png"))).isInstanceOf(ImageFileException.class);
  }

  /** Catches damage that ends in anything but one clear error. */
  @Test
  void shouldSurviveAnyDamage() throws IOException {
    Path file = write(Map.of("parameters", "text \ud83d\ude00"));
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      byte[] bad = good.clone();
      for (int k = 0; k < 3; k++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      Files.write(file, bad);
      try {
        PictureTexts.read(file);
      } catch (ImageFileException e) {
        assertThat(e.getMessage()).contains("picture.png: ");
      }
    }
  }
}
