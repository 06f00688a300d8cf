package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureTexts;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpscaleTest {

  private static final String COMPACT = "../engine/src/test/resources/reference/esrgan/compact_x2/model.pth";

  @TempDir
  private Path folder;

  /** Waves, so that a shift by a pixel shows. */
  private Path picture(int channels, int width, int height) throws IOException {
    byte[] samples = new byte[width * height * channels];
    for (int i = 0; i < samples.length; i++) {
      int x = i / channels % width;
      int y = i / channels / width;
      samples[i] = (byte) (127 + 100 * Math.sin(x / 5.0 + i % channels) * Math.cos(y / 7.0));
    }
    Path file = folder.resolve("in" + channels + "-" + width + ".png");
    ImageIO.write(new DecodedImage(width, height, channels, samples).toBufferedImage(), "png", file.toFile());
    return file;
  }

  private DecodedImage upscaled(Path picture, String... options) throws IOException {
    Path out = folder.resolve("out.png");
    List<String> arguments =
        new java.util.ArrayList<>(List.of("upscale", picture.toString(), "--out", out.toString()));
    arguments.addAll(List.of(options));
    Outcome outcome = run(arguments.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return PictureFile.read(out);
  }

  /** Catches lost alpha, gray that became RGB, and channels that were exchanged. */
  @Test
  void shouldDoubleAPictureOfAnyKind() throws IOException {
    for (int channels = 1; channels <= 4; channels++) {
      DecodedImage small = PictureFile.read(picture(channels, 31, 17));
      DecodedImage larger = upscaled(picture(channels, 31, 17));
      assertThat(List.of(larger.width(), larger.height(), larger.channels())).containsExactly(62, 34, channels);
      double distance = 0;
      for (int i = 0; i < larger.samples().length; i++) {
        int x = i / channels % 62 / 2;
        int y = i / channels / 62 / 2;
        distance +=
            Math.abs((larger.samples()[i] & 255) - (small.samples()[(y * 31 + x) * channels + i % channels] & 255));
      }
      assertThat(distance / larger.samples().length).as(channels + " channels").isLessThan(9);
    }
    assertThat(upscaled(picture(3, 1, 1)).width()).isEqualTo(2);
  }

  /** Catches seams: the network sees no farther than the tiles do, so nothing but rounding may differ. */
  @Test
  void shouldShowNoSeams() throws IOException {
    Path picture = picture(3, 90, 70);
    DecodedImage whole = upscaled(picture);
    DecodedImage tiled = upscaled(picture, "--tile", "16");
    for (int i = 0; i < whole.samples().length; i++) {
      assertThat(tiled.samples()[i] & 255).as("sample " + i).isBetween((whole.samples()[i] & 255) - 1,
          (whole.samples()[i] & 255) + 1);
    }
  }

  @Test
  void shouldTellHowThePictureWasMadeAndEnlarged() throws IOException {
    BufferedImage image = ImageIO.read(picture(3, 9, 9).toFile());
    Path made = folder.resolve("made.png");
    dev.langevin.image.Images.writePng(image, made, java.util.Map.of("parameters", "a cat\nSteps: 3"));
    upscaled(made, "--model", COMPACT);
    assertThat(PictureTexts.read(folder.resolve("out.png")).texts()).containsEntry("parameters", "a cat\nSteps: 3")
        .containsEntry("postprocessing", "Postprocess upscale by: 2, Postprocess upscaler: model");
  }

  /** Each in one sentence, and nothing is written. */
  @Test
  void shouldRefuseWhatCannotBe() throws IOException {
    String picture = picture(3, 9, 9).toString();
    Path text = Files.writeString(folder.resolve("text.pth"), "no network");
    refused("--tile is 0, must be from 1", picture, "--tile", "0");
    refused("there is no such file", folder.resolve("none.png").toString());
    refused("there is no such file", picture, "--model", folder.resolve("none.pth").toString());
    refused("is text, not a torch checkpoint", picture, "--model", text.toString());
    refused("has no weightsManifest", picture, "--model",
        "../engine/src/test/resources/reference/esrgan/compact_x2/case.json");
  }

  private void refused(String reason, String... arguments) {
    Path out = folder.resolve("refused.png");
    List<String> all = new java.util.ArrayList<>(List.of("upscale", "--out", out.toString()));
    all.addAll(List.of(arguments));
    Outcome outcome = run(all.toArray(String[]::new));
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines().toList()).singleElement().asString().contains(reason);
    assertThat(out).doesNotExist();
  }
}
