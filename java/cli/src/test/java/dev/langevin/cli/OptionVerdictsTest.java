package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.Images;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each option of the commands that make pictures, and what becomes of it: honoured by every model, or refused by name
 * where the model or the other options leave it unread. An option without a verdict fails the test, and so does one
 * that is dropped in silence.
 */
class OptionVerdictsTest {

  private static final String ALWAYS = "always";

  /**
   * Option, then the arguments among which nothing would read it, then what the refusal says; or that it always counts.
   * PIXELS is the embedded model of classes, SD a latent model, UNCLIP Karlo's layout, PICTURE and FILE what they say.
   */
  private static final Map<String, String> TABLE = Map.of("generate",
      """
          --model | always
          --prompts | PIXELS a --prompts FILE | there are a prompt and --prompts
          --negative | PIXELS --negative x | has no negative prompt
          --negative | SD --guidance 1 --negative x | --negative is not read at a --guidance of 1.0
          --size | UNCLIP --size 64x64 | has no size
          --guidance | SD --guidance -3 | --guidance is -3.0, which computes what 1 does
          --guidance-rescale | PIXELS --guidance-rescale 0.5 | has no rescaled guidance
          --guidance-rescale | SD --guidance 1 --guidance-rescale 0.5 | --guidance-rescale is not read at
          --eta | UNCLIP --eta 0.5 | has no eta
          --eta | SD --sampler dpmpp_2m --eta 0.5 | eta
          --init-image | PIXELS --init-image PICTURE | has no picture to begin with
          --strength | SD --strength 0.5 | --strength means nothing without --init-image
          --strength | PIXELS --init-image PICTURE --strength 0.5 | has no picture to begin with
          --mask | SD --mask PICTURE | give the picture with --init-image
          --control | PIXELS --control PICTURE | has no control pictures
          --control | SD --control PICTURE | there are 0 control networks
          --controlnet | PIXELS --controlnet FILE | has no control networks
          --control-scale | SD --control-scale 0.5 | --control-scale means nothing without --control
          --lora | PIXELS --lora FILE | has no low-rank updates
          --embedding | UNCLIP --embedding FILE | has no learned tokens
          --image-prompt | PIXELS --image-prompt PICTURE | has no picture as a prompt
          --image-prompt | SD --image-prompt PICTURE | needs an IP-Adapter
          --image-prompt-scale | SD --image-prompt-scale 1 | --image-prompt-scale means nothing without --image-prompt
          --ip-adapter | PIXELS --ip-adapter FILE | has no IP-Adapter
          --image-encoder | SD --image-encoder FILE | --image-encoder means nothing without --ip-adapter
          --clip-skip | PIXELS --clip-skip 2 | has no layers of the text encoder to skip
          --tokenizer | SD --tokenizer FILE | is for a checkpoint of one file
          --original-config | SD --original-config FILE | is for a checkpoint of one file
          --vae | PIXELS --vae FILE | has no autoencoder beside its own
          --vae-tiling | PIXELS --vae-tiling | has no autoencoder in tiles
          --schedule | UNCLIP --schedule karras | has no schedule of noise levels by name
          --schedule | SD --schedule spiral | spiral
          --compat | PIXELS --compat a1111 | has no samplers of other programs
          --lora-dir | always
          --wildcard-dir | always
          --prompt-syntax | PIXELS --prompt-syntax comfy | --prompt-syntax means nothing without a prompt
          --prompt-syntax | UNCLIP --prompt-syntax comfy | has no reader of ComfyUI's notation
          --emphasis | PIXELS --emphasis Ignore | has no kinds of emphasis
          --hires-scale | PIXELS --hires-scale 2 | has no second pass at a larger size
          --hires-upscaler | SD --hires-upscaler latent | --hires-upscaler means nothing without --hires-scale
          --hires-strength | SD --hires-strength 0.5 | --hires-strength means nothing without --hires-scale
          --hires-steps | SD --hires-steps 3 | --hires-steps means nothing without --hires-scale
          --plain-prompt | PIXELS --plain-prompt | --plain-prompt means nothing without a prompt
          --precision | always
          --strict | always
          --lenient | always
          --weight-cache | always
          --weight-cache-limit | SD --weight-cache off --weight-cache-limit 1g | --weight-cache-limit means nothing
          --max-memory | always
          --count | PIXELS --strip --count 2 | leave --count 2 away
          --batch | PIXELS --strip --batch 2 | leave --count 2 away
          --class | SD --class 1 | has no class
          --steps | always
          --sampler | UNCLIP --sampler ddim | has no sampler by name
          --seed | always
          --from | always
          --grid | PIXELS --strip --grid | leave --grid away
          --strip | SD --strip | --strip is for models that read no text
          --out | always
          --quality | SD --quality 50 | --quality 50 is for JPEG and WebP
          --model-dir | SD --model-dir . | there is no --from
          --allow-nan | always
          --device | always
          --backend | always
          --debug | always
          --quiet | always
          --json | always
          --help | always
          --version | always
          """,
      "vary", """
          --model | always
          --steps | always
          --guidance | always
          --max-memory | always
          --seed | always
          --device | always
          --backend | always
          --precision | always
          --allow-nan | always
          --count | always
          --toward | always
          --without | VARY --without x | --without means nothing without --toward
          --amount | VARY --amount 0.5 | --amount means nothing without --toward
          --out | always
          --quality | VARY --quality 50 | --quality 50 is for JPEG and WebP
          --strict | always
          --lenient | always
          --debug | always
          --quiet | always
          --json | always
          --help | always
          --version | always
          """, "interpolate", """
          --model | always
          --steps | always
          --guidance | always
          --max-memory | always
          --seed | always
          --device | always
          --backend | always
          --precision | always
          --allow-nan | always
          --frames | always
          --out | always
          --quality | BETWEEN --quality 50 | --quality 50 is for JPEG and WebP
          --strict | always
          --lenient | always
          --debug | always
          --quiet | always
          --json | always
          --help | always
          --version | always
          """);

  private static final String REFERENCE = "../engine/src/test/resources/reference/";

  @TempDir
  private static Path folder;

  private static Path picture;
  private static Path file;

  @BeforeAll
  static void write() throws Exception {
    picture = folder.resolve("picture.png");
    Images.writePng(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), picture);
    file = Files.writeString(folder.resolve("file"), "text");
  }

  private static List<String[]> rows(String command) {
    return TABLE.get(command).lines().map(line -> line.strip().split(" \\| ")).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "vary", "interpolate"})
  void shouldHaveAVerdictForEachOption(String command) {
    Map<String, String> verdicts = new TreeMap<>();
    rows(command).forEach(row -> verdicts.put(row[0], row[1]));
    assertThat(Langevin.commandLine().getSubcommands().get(command).getCommandSpec().options())
        .extracting(option -> option.longestName()).containsExactlyInAnyOrderElementsOf(verdicts.keySet());
  }

  static Stream<Arguments> refusals() {
    return TABLE.keySet().stream().sorted().flatMap(command -> rows(command).stream()
        .filter(row -> !row[1].equals(ALWAYS)).map(row -> Arguments.of(command, row[1], row[2])));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void shouldRefuseByNameWhatNothingReads(String command, String arguments, String reason) {
    Path out = folder.resolve("out.png");
    String words = arguments.replace("PIXELS", "--class 1 --steps 1")
        .replace("SD", "a --steps 1 --model " + REFERENCE + "pipelines_sd/_models/sd1")
        .replace("UNCLIP", "a --model " + REFERENCE + "pipelines_unclip/_models/UNCLIP")
        .replace("VARY", "PICTURE --model " + REFERENCE + "pipelines_unclip/_models/UNCLIP")
        .replace("BETWEEN", "PICTURE PICTURE --model " + REFERENCE + "pipelines_unclip/_models/UNCLIP")
        .replace("UNCLIP", "karlo").replace("PICTURE", picture.toString()).replace("FILE", file.toString());
    Outcome outcome = run(Stream.concat(Stream.of(command, "--out", out.toString()), Stream.of(words.split(" ")))
        .toArray(String[]::new));
    assertThat(outcome.err()).contains("langevin: ").contains(reason);
    assertThat(outcome.code()).isNotZero();
    assertThat(out).doesNotExist();
  }
}
