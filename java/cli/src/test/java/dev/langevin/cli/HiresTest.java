package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.DecodedImage;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureTexts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second pass at a larger size. */
class HiresTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  @TempDir
  private Path folder;

  private DecodedImage made(String name, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("generate", "--model", MODEL, "--out",
        folder.resolve(name).toString()));
    arguments.addAll(List.of(options));
    Outcome outcome = run(arguments.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return PictureFile.read(folder.resolve(name));
  }

  /** Catches a method that is taken for another, a pass that is recorded wrongly, and one that is not repeated. */
  @Test
  void shouldEnlargeAsAskedAndRepeatIt() throws IOException {
    List<byte[]> pictures = new ArrayList<>();
    for (String upscaler : List.of("latent", "latent (bicubic)", "Latent (nearest)", "lanczos", "esrgan-slim")) {
      DecodedImage larger = made("a.png", "a cat", "--steps", "4", "--size", "16x16", "--hires-scale", "2",
          "--hires-upscaler", upscaler, "--hires-steps", "3", "--hires-strength", "0.6", "--sampler", "euler_a");
      assertThat(larger.width()).isEqualTo(32);
      assertThat(PictureTexts.read(folder.resolve("a.png")).texts().get("parameters"))
          .contains("Size: 16x16", "Hires upscale: 2", "Hires steps: 3", "Denoising strength: 0.6")
          .containsIgnoringCase("Hires upscaler: " + upscaler);
      DecodedImage again = made("b.png", "--from", folder.resolve("a.png").toString());
      assertThat(again.samples()).isEqualTo(larger.samples());
      assertThat(pictures).noneMatch(other -> java.util.Arrays.equals(other, larger.samples()));
      pictures.add(larger.samples());
    }
  }

  /** Catches noise of the second pass that a picture has only within its batch. */
  @Test
  void shouldMakeAPictureOfABatchAsAlone() throws IOException {
    String[] pass = {"a cat", "--steps", "2", "--size", "16x16", "--hires-scale", "1.5", "--hires-upscaler", "lanczos"};
    List<String> both = new ArrayList<>(List.of(pass));
    both.addAll(List.of("--count", "2", "--seed", "5"));
    run(arguments("generate", both, "--model", MODEL, "--out", folder.resolve("both").toString()));
    List<String> one = new ArrayList<>(List.of(pass));
    one.addAll(List.of("--seed", "6"));
    byte[] alone = made("alone.png", one.toArray(String[]::new)).samples();
    assertThat(PictureFile.read(folder.resolve("both/00001.png")).samples()).isEqualTo(alone);
  }

  private static String[] arguments(String command, List<String> more, String... rest) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(more);
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }

  @Test
  void shouldRefuseBeforeAModelIsLoaded() {
    refused("means nothing without --hires-scale", "--hires-steps", "3");
    refused("scale is 0.5, must be above 1", "--hires-scale", "0.5");
    refused("strength is 2.0, must be above 0", "--hires-scale", "2", "--hires-strength", "2");
    refused("--hires-upscaler nothing.pth: there is no such file", "--hires-scale", "2", "--hires-upscaler",
        "nothing.pth");
  }

  private void refused(String reason, String... options) {
    Outcome outcome = run(arguments("generate", List.of(options), "a cat", "--model", "no-such-model", "--out",
        folder.resolve("none.png").toString()));
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines().toList()).singleElement().asString().contains(reason);
  }
}
