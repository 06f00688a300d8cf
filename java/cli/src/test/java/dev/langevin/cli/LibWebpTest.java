package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.bindings.NativeLibraries;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureFormat;
import dev.langevin.image.PictureTexts;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** WebP beside what Pillow 12.3 reads of it, to the last bit. */
class LibWebpTest {

  private static final Path PICTURES = Path.of("src/test/resources/pictures");

  @TempDir
  private Path folder;

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lossless", "lossy", "alpha", "turned", "frames"})
  void shouldReadAsPillowDoes(String name) throws IOException {
    Path file = PICTURES.resolve(name + ".webp");
    BufferedImage read = Images.read(file);
    assertThat(PictureFile.size(file)).isEqualTo(new PictureFile.Size(read.getWidth(), read.getHeight()));
    BufferedImage expected = Images.read(PICTURES.resolve(name + ".png"));
    assertThat(read.getWidth()).isEqualTo(expected.getWidth());
    assertThat(pixels(read)).isEqualTo(pixels(expected));
  }

  /** The library is loaded from a folder that nobody else writes to, not from where its own classes would put it. */
  @Test
  void shouldLoadTheLibraryFromWhereItWasChecked() {
    Images.read(PICTURES.resolve("lossy.webp"));
    assertThat(NativeLibraries.mapped("libwebp-imageio")).singleElement().asString()
        .matches(".*/4317a2b245e55b49/libwebp-imageio\\.so");
  }

  @Test
  void shouldSayThatOneOfSeveralIsRead() {
    List<String> said = new ArrayList<>();
    Path file = PICTURES.resolve("frames.webp");
    Images.read(file, new Findings(Policy.USUAL, said::add));
    assertThat(said).containsExactly(file + ": is an animation of 3 pictures, the first one is read");
  }

  @Test
  void shouldWriteWithoutLossAndWithParameters() {
    BufferedImage picture = new BufferedImage(33, 17, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 33 * 17; i++) {
      picture.setRGB(i % 33, i / 33, i * 0x1f3d57 & 0xffffff);
    }
    String text = "a cät, 猫\nSteps: 1";
    Path file = folder.resolve("a.webp");
    Images.write(picture, file, PictureFormat.WEBP, Map.of(GenerationParameters.KEYWORD, text), null);
    assertThat(pixels(Images.read(file))).isEqualTo(pixels(picture));
    assertThat(PictureTexts.read(file).texts()).containsEntry("UserComment", text);
    Path lossy = folder.resolve("b.webp");
    Images.write(picture, lossy, PictureFormat.WEBP, Map.of(GenerationParameters.KEYWORD, text), 20);
    Path better = folder.resolve("c.webp");
    Images.write(picture, better, PictureFormat.WEBP, Map.of(), 95);
    assertThat(lossy.toFile().length()).isLessThan(better.toFile().length());
    assertThat(PictureTexts.read(lossy).texts()).containsEntry("UserComment", text);
    assertThat(Images.read(lossy).getWidth()).isEqualTo(33);
  }

  /** At many lengths: refused by name, whatever the container says, and never a crash. */
  @ParameterizedTest
  @ValueSource(strings = {"lossless", "lossy", "alpha", "frames"})
  void shouldRefuseCutFiles(String name) throws IOException {
    byte[] whole = Files.readAllBytes(PICTURES.resolve(name + ".webp"));
    int refused = 0;
    int tried = 0;
    for (int length = 12; length < whole.length; length += 5) {
      tried++;
      Path cut = Files.write(folder.resolve("cut.webp"), Arrays.copyOf(whole, length));
      try {
        Images.read(cut);
      } catch (ImageFileException e) {
        assertThat(e).hasMessageStartingWith(cut + ": is ");
        refused++;
      }
    }
    // of an animation, the first picture may be whole
    assertThat(refused).isGreaterThanOrEqualTo(name.equals("frames") ? 20 : tried - 1);
  }

  @Test
  void shouldReadWhatIsThereWhenLenient() throws IOException {
    BufferedImage picture = new BufferedImage(200, 200, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int i = 0; i < 40_000; i++) {
      picture.setRGB(i % 200, i / 200, random.nextInt(1 << 24));
    }
    Path file = folder.resolve("a.webp");
    Images.write(picture, file, PictureFormat.WEBP, Map.of(), null);
    byte[] whole = Files.readAllBytes(file);
    Path cut = Files.write(folder.resolve("cut.webp"), Arrays.copyOf(whole, whole.length * 4 / 5));
    assertThatThrownBy(() -> Images.read(cut)).hasMessageStartingWith(cut + ": is truncated");
    List<String> said = new ArrayList<>();
    int[] read = pixels(Images.read(cut, new Findings(Policy.LENIENT, said::add)));
    assertThat(said).singleElement().asString().startsWith(cut + ": is truncated; what is there of it is read");
    assertThat(Arrays.copyOf(read, 2000)).isEqualTo(Arrays.copyOf(pixels(picture), 2000));
  }
}
