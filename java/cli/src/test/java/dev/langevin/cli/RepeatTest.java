package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.image.GenerationParameters;
import dev.langevin.image.Images;
import dev.langevin.image.PictureTexts;
import dev.langevin.settings.Infotext;
import dev.langevin.settings.RecordedIn;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pictures of others and of our own are repeated by what they record, or refused by name; nothing is left in silence.
 */
class RepeatTest {

  private static final Path CASES = Path.of("../engine/src/test/resources/reference");

  private static final String MODEL = CASES.resolve("pipelines_sd/_models/sd1").toString();

  /** Pictures of our own that are repeated; more by system property {@code langevin.repeats}. */
  private static final int REPEATS = Integer.getInteger("langevin.repeats", 3);

  @TempDir
  private Path folder;

  private Path picture(String text) {
    Path file = folder.resolve("strange.png");
    Images.writePng(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), file,
        Map.of(GenerationParameters.KEYWORD, text));
    return file;
  }

  private static Infotext recorded(Path picture) {
    return Infotext.parse(RecordedIn.infotext(PictureTexts.read(picture)));
  }

  /** What the program says but for its progress. */
  private static List<String> sentences(Outcome outcome) {
    return outcome.err().lines().filter(line -> line.startsWith("langevin: ")).toList();
  }

  /** A picture and a word of where it comes from, or one refusal and no picture. */
  @TestFactory
  Stream<DynamicTest> shouldRepeatOrRefuseEveryText() throws IOException {
    JsonNode texts = new ObjectMapper().readTree(CASES.resolve("png_info/a1111_texts/case.json").toFile()).get("texts");
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode text : texts) {
      tests.add(DynamicTest.dynamicTest(text.get("label").textValue(), () -> {
        Infotext again = repeatedOrRefused(picture(text.get("text").textValue()));
        if (again != null) {
          JsonNode fields = text.get("fields");
          assertThat(again.prompt()).isEqualTo(fields.get("Prompt").textValue());
          if (fields.has("Seed")) {
            assertThat(again.pairs()).containsEntry("Seed", fields.get("Seed").textValue());
          }
        }
      }));
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  /** Graphs and metadata of other programs. */
  @TestFactory
  Stream<DynamicTest> shouldRepeatOrRefuseEveryPicture() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : List.of("comfyui", "invokeai_novelai")) {
      Path dir = CASES.resolve("png_info").resolve(name);
      for (JsonNode file : new ObjectMapper().readTree(dir.resolve("case.json").toFile()).get("files")) {
        Path from = dir.resolve("files").resolve(file.get("file").textValue());
        tests.add(DynamicTest.dynamicTest(name + " " + from.getFileName(), () -> {
          Infotext again = repeatedOrRefused(from);
          if (again != null) {
            assertThat(again.prompt()).isEqualTo(file.get("expected").get("prompt").textValue());
            assertThat(again.pairs()).containsEntry("Seed", file.get("expected").get("seed").asText());
          }
        }));
      }
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  /** What the new picture records, or null where there is none. */
  private Infotext repeatedOrRefused(Path from) throws IOException {
    Path out = folder.resolve("repeated.png");
    Files.deleteIfExists(out); // the tests of one factory share the folder
    Outcome outcome = run("generate", "--from", from.toString(), "--model", MODEL, "--steps", "1", "--size", "32x32",
        "--out", out.toString());
    List<String> said = sentences(outcome);
    if (outcome.code() == 0) {
      assertThat(said).isNotEmpty().allMatch(line -> line.startsWith("langevin: warning: " + from));
      Infotext again = recorded(out);
      assertThat(again.pairs()).containsEntry("Steps", "1").containsEntry("Size", "32x32");
      return again;
    }
    assertThat(said).filteredOn(line -> !line.startsWith("langevin: warning: ")).hasSize(1);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(out).doesNotExist();
    return null;
  }

  private static String one(Random random, String... of) {
    return of[random.nextInt(of.length)];
  }

  @Test
  void shouldRepeatPicturesOfOurOwnBitForBit() throws IOException {
    Path start = folder.resolve("start.png");
    Images.writePng(new BufferedImage(40, 32, BufferedImage.TYPE_INT_RGB), start, Map.of());
    for (int i = 0; i < REPEATS; i++) {
      Random random = new Random(i);
      List<String> words =
          new ArrayList<>(List.of("generate", one(random, "a (red:1.2) fox ", "[fox]\nNegative prompt: x",
              " \u96ea, \"a\"", "a cat BREAK a dog"), "--steps", one(random, "2", "3", "4")));
      words.addAll(List.of("--seed", one(random, "-1", "7", "9223372036854775807", "-3")));
      words.addAll(List.of("--guidance", one(random, "7.5", "3", "1.0000000001")));
      String[][] others = {{"--size", "40x32"}, {"--negative", one(random, "", "blurry: \"x\" ", "Negative prompt:")},
          ("--sampler " + one(random, "euler_a", "dpmpp_2m_karras", "ddim --eta 0.5", "DEISMultistepScheduler"))
              .split(" "),
          {"--clip-skip", "2"}, {"--guidance-rescale", "0.25"}, {"--plain-prompt"}, {"--vae-tiling"},
          {"--precision", "int8"}};
      for (String[] other : others) {
        if (random.nextInt(3) == 0) {
          words.addAll(List.of(other));
        }
      }
      List<String> files = new ArrayList<>(List.of("--model", MODEL));
      if (random.nextInt(3) == 0) {
        files.addAll(List.of("--init-image", start.toString()));
        words.addAll(List.of("--strength", one(random, "0.6", "1")));
      }
      Path first = folder.resolve("first" + i + ".png");
      Path second = folder.resolve("second" + i + ".png");
      words.addAll(files);
      words.addAll(List.of("--out", first.toString()));
      Outcome made = run(words.toArray(String[]::new));
      assertThat(made.code()).as(words + "\n" + made.err()).isZero();
      List<String> again = new ArrayList<>(List.of("generate", "--from", first.toString(), "--out", second.toString()));
      again.addAll(files);
      Outcome outcome = run(again.toArray(String[]::new));
      assertThat(sentences(outcome)).as(String.join(" ", words)).isEmpty();
      assertThat(second).as(String.join(" ", words)).hasSameBinaryContentAs(first);
    }
  }

  @Test
  void shouldRepeatAPictureOfNoText() {
    Path first = folder.resolve("first.png");
    Path second = folder.resolve("second.png");
    assertThat(
        run("generate", "--class", "7", "--steps", "2", "--seed", "3", "--sampler", "ddim", "--eta", "0.5", "--out",
            first.toString()).code()).isZero();
    assertThat(sentences(run("generate", "--from", first.toString(), "--out", second.toString()))).isEmpty();
    assertThat(second).hasSameBinaryContentAs(first);
  }

  @Test
  void shouldWarnWhereAPictureWasMadeOnSomethingElse() throws IOException {
    Path first = folder.resolve("first.png");
    assertThat(run("generate", "a fox", "--model", MODEL, "--steps", "1", "--size", "32x32", "--out",
        first.toString()).code()).isZero();
    Infotext text = recorded(first);
    for (String field : List.of("Version", "Device")) {
      Map<String, String> pairs = new java.util.LinkedHashMap<>(text.pairs());
      pairs.merge(field, "0", String::concat);
      Path other = picture(new GenerationParameters(text.prompt(), text.negative(), pairs).format());
      String[] words = {"generate", "--from", other.toString(), "--model", MODEL, "--out", first.toString()};
      assertThat(sentences(run(words))).singleElement().asString().contains("with the " + field).contains("last bits");
    }
    Outcome coarser = run("generate", "--from", first.toString(), "--precision", "int8", "--model", MODEL, "--out",
        folder.resolve("coarser.png").toString());
    assertThat(sentences(coarser)).singleElement().asString().contains("with the Precision f32, here it is int8");
    Outcome strict = run("generate", "--from", first.toString(), "--precision", "int8", "--strict", "--model", MODEL,
        "--out", folder.resolve("strict.png").toString());
    assertThat(strict.code()).isEqualTo(1);
  }

  @Test
  void shouldDrawASeedAndTellIt() {
    Path first = folder.resolve("first.png");
    Outcome outcome = run("generate", "a fox", "--model", MODEL, "--steps", "1", "--size", "32x32", "--seed", "-1",
        "--out", first.toString());
    assertThat(sentences(outcome)).singleElement().isEqualTo("langevin: --seed " + recorded(first).pairs().get("Seed"));
  }

  /** Fields that would change the picture, each beside others that are read. */
  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {"Sampler: Nonesuch; --sampler", "Schedule type: Nonesuch, Sampler: DPM++ 2M;"
      + " --sampler", "ENSD: 31337; ENSD", "Variation seed strength: 0.1; Variation",
      "Hires upscale: 2, Hires upscaler: R-ESRGAN; --hires-upscaler",
      "Denoising strength: 0.5; --init-image", "Refiner: x; Refiner", "VAE: a.pt; --vae", "Steps: many; --steps",
      "Size: 3 x 4; --size", "Seed: 99999999999999999999; 64 bits", "Eta: 0.5, Sampler: Euler a; Eta",
      "Tiling: True; Tiling", "ControlNet 0: x; --control"})
  void shouldRefuseWhatWouldChangeThePicture(String fields, String word) {
    Path out = folder.resolve("out.png");
    Path from = picture("a fox\nCFG scale: 7, Steps: 1, Size: 32x32, Seed: 1, " + fields);
    Outcome refused = run("generate", "--from", from.toString(), "--model", MODEL, "--out", out.toString());
    assertThat(refused.code()).isEqualTo(1);
    assertThat(sentences(refused)).singleElement().asString().contains(word).startsWith("langevin: " + from);
    assertThat(out).doesNotExist();
    assertThat(
        run("generate", "--from", from.toString(), "--lenient", "--model", MODEL, "--steps", "1", "--size", "32x32",
            "--seed", "1", "--out", out.toString()).code()).isZero();
  }
}
