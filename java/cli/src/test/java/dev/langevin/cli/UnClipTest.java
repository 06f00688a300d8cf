package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnClipTest {

  private static final String MODELS = "../engine/src/test/resources/reference/pipelines_unclip/_models/";

  @TempDir
  private Path folder;

  @Test
  void shouldMakeVaryAndMixPictures() throws IOException {
    Path first = folder.resolve("first.png");
    Path varied = folder.resolve("varied.png");
    assertThat(run("generate", "a cat", "--model", MODELS + "karlo", "--steps", "2", "--out", first.toString()).code())
        .isZero();
    assertThat(ImageIO.read(first.toFile()).getWidth()).isEqualTo(24);
    assertThat(run("vary", first.toString(), "--model", MODELS + "karlo_variation", "--steps", "2", "--count", "2",
        "--out", varied.toString())
            .code()).isZero();
    assertThat(ImageIO.read(varied.toFile()).getWidth()).isEqualTo(2 * 24 + 3 * 2);
    byte[] plain = Files.readAllBytes(varied);
    assertThat(run("vary", first.toString(), "--model", MODELS + "karlo_variation", "--steps", "2", "--count", "2",
        "--toward", "winter",
        "--out", varied.toString()).code()).isZero();
    assertThat(Files.readAllBytes(varied)).isNotEqualTo(plain);
  }

  /** Catches ends that are not those of the two alone, and an animation without its frames. */
  @Test
  void shouldGoFromOneToTheOther() throws IOException {
    Path strip = folder.resolve("strip.png");
    Path alone = folder.resolve("alone.png");
    Path moving = folder.resolve("moving.gif");
    String[] start =
        {"interpolate", "a cat", "a dog", "--model", MODELS + "karlo", "--steps", "2", "--frames", "3", "--out"};
    assertThat(run(with(start, strip)).code()).isZero();
    start[2] = "a cat";
    assertThat(run(with(start, alone)).code()).isZero();
    BufferedImage frames = ImageIO.read(strip.toFile());
    BufferedImage same = ImageIO.read(alone.toFile());
    assertThat(frames.getWidth()).isEqualTo(3 * 24 + 4 * 2);
    for (int y = 0; y < 24; y++) {
      assertThat(frames.getRGB(2, 2 + y)).isEqualTo(same.getRGB(2, 2 + y)).isEqualTo(same.getRGB(2 + 26, 2 + y));
    }
    assertThat(run(with(start, moving)).code()).isZero();
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(moving.toFile())) {
      reader.setInput(in);
      assertThat(reader.getNumImages(true)).isEqualTo(3);
    }
  }

  private static String[] with(String[] arguments, Path out) {
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = out.toString();
    return all;
  }

  @Test
  void shouldSayWhatIsMissing() {
    assertThat(run("vary", "nowhere.png", "--model", MODELS + "karlo_variation").err())
        .contains("nowhere.png: there is no such picture");
    assertThat(run("interpolate", "a cat", "a dog", "--model", MODELS + "karlo_variation").err())
        .contains("has no prior that reads texts");
    assertThat(run("interpolate", "a", "b", "--model", MODELS + "karlo", "--frames", "1").err())
        .contains("--frames is 1, must be at least 2");
  }

  /** Catches a picture that no encoder reads, found out only after a text was sampled, and a mistyped file. */
  @Test
  void shouldNotTakeAFileForAText() {
    String picture = folder.resolve("p.png").toString();
    assertThat(run("generate", "a bag", "--steps", "1", "--out", picture).code()).isZero();
    assertThat(run("vary", picture, "--model", MODELS + "karlo").err()).contains("karlo has no image_encoder");
    assertThat(run("interpolate", "a fox", picture, "--model", MODELS + "karlo").err())
        .contains("karlo has no image_encoder").doesNotContain("100%");
    assertThat(run("interpolate", "a fox", "q.PNG", "--model", MODELS + "karlo").err())
        .contains("q.PNG: there is no such picture");
    assertThat(run("vary", picture, "--model", MODELS + "karlo_variation", "--amount", "0.5").err())
        .contains("--amount means nothing without --toward");
  }

  /** Catches options that are dropped in silence. */
  @ParameterizedTest
  @CsvSource({"--size,512x512,makes pictures of 24x24 alone", "--eta,1,no eta",
      "--guidance-rescale,0.5,no rescaled guidance", "--class,1,no class"})
  void shouldRefuseWhatItHasNoUseFor(String option, String value, String message) {
    Outcome outcome = run("generate", "a fox", "--model", MODELS + "karlo", "--steps", "2", option, value, "--out",
        folder.resolve("a.png").toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains(message);
    assertThat(folder.resolve("a.png")).doesNotExist();
  }

  /** Catches pictures that do not say how they were made, and a picture of several that is another one alone. */
  @Test
  void shouldMakeAPictureAgain() throws IOException {
    Path two = folder.resolve("two");
    Path again = folder.resolve("again.png");
    assertThat(run("generate", "a fox", "--model", MODELS + "karlo", "--steps", "2", "--count", "2", "--out",
        two.toString()).code()).isZero();
    assertThat(run("generate", "--from", two.resolve("00001.png").toString(), "--model", MODELS + "karlo", "--out",
        again.toString()).code()).isZero();
    BufferedImage second = ImageIO.read(two.resolve("00001.png").toFile());
    BufferedImage alone = ImageIO.read(again.toFile());
    for (int i = 0; i < 24; i++) {
      assertThat(alone.getRGB(i, i)).isEqualTo(second.getRGB(i, i));
    }
  }

  /** Catches a limit that is not heeded. */
  @Test
  void shouldNotTakeMoreMemoryThanAllowed() {
    assertThat(run("generate", "a cat", "--model", MODELS + "karlo", "--steps", "2", "--max-memory", "9k", "--out",
        folder.resolve("a.png").toString()).err())
            .contains("the request takes").contains("the limit is 9216");
    assertThat(folder.resolve("a.png")).doesNotExist();
  }

  @Test
  void shouldTellTimeAndMemoryOfEachPart() throws IOException {
    JsonNode fields =
        new ObjectMapper().readTree(run("bench", "pipeline", MODELS + "karlo", "--steps", "3", "--json").out())
            .at("/results/runs/0");
    assertThat(fields.get("picture").textValue()).isEqualTo("[1, 3, 24, 24]");
    for (String part : new String[] {"prior", "decoder", "super_resolution"}) {
      assertThat(fields.get(part + "_step_median_s").doubleValue()).isBetween(0.0,
          fields.get(part + "_s").doubleValue());
    }
    assertThat(fields.get("planned_peak_gb").doubleValue()).isPositive();
  }
}
