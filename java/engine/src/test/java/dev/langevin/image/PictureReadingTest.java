package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures beside what Pillow 12.3 reads of them, inks by its ImageCms; and what is said of what is not read. */
class PictureReadingTest {

  private static final Path PICTURES = Path.of("src/test/resources/pictures");

  @TempDir
  private Path folder;

  private final List<String> said = new ArrayList<>();

  private Findings findings(Policy policy) {
    return new Findings(policy, said::add);
  }

  /** Catches a wrong intent (9), no compensation of the black point (14), inks turned round (all). */
  @ParameterizedTest
  @ValueSource(strings = {"inks", "inks-ycck"})
  void shouldReadInksByTheirProfile(String name) throws IOException {
    assertClose(Images.read(PICTURES.resolve(name + ".jpg")), name + ".png", 3);
  }

  /** A frame of 9x7 at 5, 4 on a screen of 20x14. */
  @Test
  void shouldReadTheWholeScreenOfAGif() throws IOException {
    Path gif = PICTURES.resolve("corner.gif");
    assertThat(PictureFile.size(gif)).isEqualTo(new PictureFile.Size(20, 14));
    assertClose(Images.read(gif), "corner.png", 0);
  }

  private static void assertClose(BufferedImage read, String name, int tolerance) throws IOException {
    BufferedImage expected = ImageIO.read(PICTURES.resolve(name).toFile());
    assertThat(read.getWidth()).isEqualTo(expected.getWidth());
    int[] pixels = Images.pixels(read);
    int[] wanted = Images.pixels(expected);
    assertThat(pixels).hasSameSizeAs(wanted);
    for (int i = 0; i < pixels.length; i++) {
      for (int shift = 0; shift < 24; shift += 8) {
        assertThat(pixels[i] >> shift & 255).as("pixel %d of %s", i, name)
            .isCloseTo(wanted[i] >> shift & 255, within(tolerance));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"frames.gif", "frames.png"})
  void shouldSayThatOneOfSeveralIsRead(String name) {
    Path file = PICTURES.resolve(name);
    Images.read(file, findings(Policy.USUAL));
    assertThat(said).containsExactly(file + ": is an animation of 3 pictures, the first one is read");
    assertThatThrownBy(() -> Images.read(file, findings(Policy.STRICT))).hasMessage(said.getFirst());
  }

  /** What is there is read; without findings, and by the usual policy, none of it. */
  @ParameterizedTest
  @CsvSource({"png, 0.6", "jpeg, 0.6", "bmp, 0.6", "gif, 0.6"})
  void shouldReadWhatIsThereOfACutFileWhenLenient(String format, double share) throws IOException {
    BufferedImage picture = new BufferedImage(60, 80, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 60 * 80; i++) {
      picture.setRGB(i % 60, i / 60, i * 0x1f3d57 & 0xffffff | 0x808080);
    }
    Path whole = folder.resolve("whole");
    ImageIO.write(picture, format, whole.toFile());
    byte[] bytes = Files.readAllBytes(whole);
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, (int) (bytes.length * share)));
    assertThatThrownBy(() -> Images.read(cut)).isInstanceOf(ImageFileException.class);
    assertThatThrownBy(() -> Images.read(cut, findings(Policy.USUAL))).isInstanceOf(ImageFileException.class);
    assertThat(said).isEmpty();
    BufferedImage read = Images.read(cut, findings(Policy.LENIENT));
    assertThat(said).singleElement().asString().startsWith(cut + ": is ").endsWith("the rest stays gray or black");
    assertThat(read.getHeight()).isEqualTo(80);
    int[] rows = Images.pixels(read);
    int[] expected = Images.pixels(Images.read(whole));
    // BMP begins with the last row
    int row = format.equals("bmp") ? 79 : 0;
    assertThat(Arrays.copyOfRange(rows, row * 60, row * 60 + 60))
        .isEqualTo(Arrays.copyOfRange(expected, row * 60, row * 60 + 60));
  }

  /** A profile that does not fit refuses the picture, as its colours would be guessed. */
  @Test
  void shouldSayWhenAProfileCannotBeUsed() throws IOException {
    byte[] jpeg = Files.readAllBytes(PICTURES.resolve("inks.jpg"));
    int at = new String(jpeg, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("prtrCMYKLab");
    jpeg[at + 4] = 'X';
    Path file = Files.write(folder.resolve("x.jpg"), jpeg);
    assertThatThrownBy(() -> Images.read(file)).hasMessageStartingWith(file + ": has a colour profile that is ");
    assertThat(Images.read(file, findings(Policy.LENIENT)).getWidth()).isEqualTo(24);
    assertThat(said).singleElement().asString().contains("its colour profile is ").endsWith("; it is read without");
  }

  @Test
  void shouldRefuseWebpWithoutACodecInOneSentence() throws IOException {
    byte[] start = {'R', 'I', 'F', 'F', 30, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8', 'X', 10, 0, 0, 0, 0, 0, 0, 0, 1,
        0, 0, 2, 0, 0};
    Path file = Files.write(folder.resolve("a.webp"), start);
    assertThat(PictureFile.size(file)).isEqualTo(new PictureFile.Size(2, 3));
    assertThatThrownBy(() -> Images.read(file)).hasMessage(file
        + ": is a WebP picture, which the command line reads but the engine alone does not; convert it to PNG");
  }
}
