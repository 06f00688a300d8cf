package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.Images;
import dev.langevin.image.PictureTexts;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program as a user meets it: pictures where all is well; else one sentence, the right exit code and no file. */
class LangevinTest {

  @TempDir
  private Path folder;
  private Path picture;

  @BeforeEach
  void name() {
    picture = folder.resolve("out.png");
  }

  @Test
  void shouldMakeAPictureOfTheEmbeddedModel() throws IOException {
    Outcome outcome = run("generate", "--class", "9", "--steps", "2", "--out", picture.toString());
    assertThat(outcome).isEqualTo(new Outcome(0, picture + "\n", outcome.err()));
    BufferedImage image = ImageIO.read(picture.toFile());
    assertThat(image.getWidth()).isEqualTo(32);
    assertThat(image.getHeight()).isEqualTo(32);
  }

  private static final String TEXT_MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  /** From a text, then from that picture, then a part of that anew. */
  @Test
  void shouldMakeAPictureOfAPrompt() throws IOException {
    Outcome outcome =
        run("generate", "a (cat:1.3) in a hat", "--model", TEXT_MODEL, "--size", "48x40", "--steps", "3", "--negative",
            "dog", "--sampler", "dpmpp_2m_karras", "--clip-skip", "2", "--out", picture.toString());
    assertThat(outcome).isEqualTo(new Outcome(0, picture + "\n", outcome.err()));
    assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(48);
    Path next = folder.resolve("next.png");
    assertThat(run("generate", "a dog", "--model", TEXT_MODEL, "--init-image", picture.toString(), "--strength", "0.5",
        "--steps",
        "4", "--vae-tiling", "--out", next.toString()).code()).isZero();
    assertThat(ImageIO.read(next.toFile()).getHeight()).isEqualTo(40);
    assertThat(run("generate", "a dog", "--model", TEXT_MODEL, "--init-image", picture.toString(), "--mask",
        next.toString(), "--steps",
        "2", "--out", next.toString()).code()).isZero();
  }

  @Test
  void shouldMakeAGridOfPrompts() throws IOException {
    Path prompts = Files.writeString(folder.resolve("prompts.txt"), "a cat\n\na dog\n");
    assertThat(run("generate", "--prompts", prompts.toString(), "--model", TEXT_MODEL, "--size", "48x40", "--steps",
        "1", "--grid", "--out",
        picture.toString()).code()).isZero();
    assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(2 * 48 + 3 * 2);
    assertThat(run("generate", "a fox", "--prompts", prompts.toString(), "--out", picture.toString()).err())
        .contains("give one of them");
    Files.writeString(prompts, "\n");
    assertThat(run("generate", "--prompts", prompts.toString(), "--out", picture.toString()).err())
        .contains("holds no prompt");
  }

  /** Catches an option that the picture does not hold, and one that is not read back. */
  @Test
  void shouldRepeatAPictureFromItself() throws IOException {
    Path again = folder.resolve("again.png");
    Path first = folder.resolve("first.png");
    run("generate", "a dog", "--model", TEXT_MODEL, "--size", "48x40", "--steps", "2", "--out", first.toString());
    assertThat(run("generate", "a (cat:1.3), \"big\"\nand small", "--model", TEXT_MODEL, "--negative", "dog: brown",
        "--steps", "4",
        "--sampler", "euler_a", "--seed", "11", "--guidance", "6.5", "--clip-skip", "2", "--init-image",
        first.toString(), "--strength",
        "0.8", "--vae-tiling", "--count", "2", "--out", folder.resolve("two").toString()).code()).isZero();
    Path second = folder.resolve("two/00001.png");
    assertThat(run("generate", "--from", second.toString(), "--out", again.toString()).err())
        .contains("say where that lies with --"); // a picture's paths are not followed
    String[] files = {"--model", TEXT_MODEL, "--init-image", first.toString()};
    assertThat(repeat(second, again, files).code()).isZero();
    BufferedImage expected = ImageIO.read(second.toFile());
    BufferedImage repeated = ImageIO.read(again.toFile());
    for (int i = 0; i < 48 * 40; i++) { // one of a batch and alone: rounding may differ
      for (int shift = 0; shift < 24; shift += 8) {
        assertThat(repeated.getRGB(i % 48, i / 48) >> shift & 255).isCloseTo(
            expected.getRGB(i % 48, i / 48) >> shift & 255,
            org.assertj.core.data.Offset.offset(1));
      }
    }
    byte[] bytes = Files.readAllBytes(again);
    repeat(again, picture, "--seed", "12", "--model", TEXT_MODEL, "--init-image", first.toString());
    assertThat(java.util.Arrays.equals(Files.readAllBytes(picture), bytes)).isTrue();
    repeat(again, picture, "--seed", "13", "--model", TEXT_MODEL, "--init-image", first.toString());
    assertThat(java.util.Arrays.equals(Files.readAllBytes(picture), bytes)).isFalse();
    assertThat(run("generate", "--from", TEXT_MODEL, "--out", picture.toString()).err()).contains("cannot be read");
  }

  /** A schedule and a program stand in a picture beside its sampler, and repeat it. */
  @Test
  void shouldRepeatASamplerOfAnotherProgram() throws IOException {
    Path again = folder.resolve("again.png");
    for (String[] asked : new String[][] {{"DPM++ 2M SDE", "exponential", "a1111"},
        {"euler_cfg_pp", "beta", "comfy"}, {"DPMSolverMultistepScheduler", "karras", "diffusers"}}) {
      assertThat(run("generate", "a cat", "--model", TEXT_MODEL, "--size", "40x40", "--steps", "3", "--guidance", "3",
          "--sampler", asked[0], "--schedule", asked[1], "--compat", asked[2], "--out", picture.toString()).code())
              .as(asked[0]).isZero();
      assertThat(repeat(picture, again, "--model", TEXT_MODEL).code()).as(asked[0]).isZero();
      BufferedImage expected = ImageIO.read(picture.toFile());
      BufferedImage repeated = ImageIO.read(again.toFile());
      assertThat(repeated.getRGB(0, 0, 40, 40, null, 0, 40)).as(asked[0])
          .isEqualTo(expected.getRGB(0, 0, 40, 40, null, 0, 40));
    }
    assertThat(run("generate", "a cat", "--model", TEXT_MODEL, "--sampler", "spiral", "--out", picture.toString())
        .err()).contains("there is no sampler spiral", "dpmpp_2m", "DPM++ 2M");
  }

  private static Outcome repeat(Path from, Path to, String... more) {
    List<String> words = new ArrayList<>(List.of("generate", "--from", from.toString(), "--out", to.toString()));
    words.addAll(List.of(more));
    return run(words.toArray(String[]::new));
  }

  @Test
  void shouldFindTheModelOfAPictureByItsHash() throws IOException {
    Path first = folder.resolve("first.webp");
    Path again = folder.resolve("again.webp");
    run("generate", "a cat", "--model", TEXT_MODEL, "--steps", "1", "--seed", "9", "--out", first.toString());
    Outcome outcome = run("generate", "--from", first.toString(), "--model-dir", Path.of(TEXT_MODEL, "..").toString(),
        "--out", again.toString());
    assertThat(outcome.err()).contains("the model of " + first + " is ");
    assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(first));
    Path foreign = folder.resolve("foreign.png");
    Images.writePng(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), foreign, Map.of("parameters",
        "a cat\nSteps: 1, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 32x32, Model hash: 00000fffff, Model: sd1"));
    refused("say where that lies with --model", "generate", "--from", foreign.toString(), "--model-dir",
        Path.of(TEXT_MODEL, "..").toString());
  }

  @Test
  void shouldWriteAPictureByItsEndingInAFileAlone() throws Exception {
    for (String ending : List.of("jpg", "webp")) {
      Path file = folder.resolve("x." + ending);
      run("generate", "a cat", "--model", TEXT_MODEL, "--steps", "1", "--out", file.toString(), "--quality", "50");
      assertThat(Files.readAllBytes(file)).startsWith(ending.equals("jpg") ? new byte[] {(byte) 0xff, (byte) 0xd8}
          : new byte[] {'R', 'I', 'F', 'F'});
      assertThat(PictureTexts.read(file).texts().get("UserComment")).startsWith("a cat\nSteps: 1, ")
          .containsPattern("Model hash: [0-9a-f]{10}, Model: ").doesNotContain(TEXT_MODEL);
    }
    Path frames = folder.resolve("x.gif");
    run("generate", "a cat", "--model", TEXT_MODEL, "--steps", "1", "--count", "2", "--out", frames.toString());
    assertThat(PictureTexts.read(frames).texts().get(PictureTexts.COMMENT)).startsWith("a cat\nSteps: 1, ");
    refused("--quality 50 is for JPEG and WebP, ", "generate", "a cat", "--model", TEXT_MODEL, "--quality", "50");
    refused("--quality is 0, must be from 1 to 100", "generate", "a cat", "--model", TEXT_MODEL, "--quality", "0",
        "--out", folder.resolve("y.jpg").toString());
    refused("names one picture, but there will be 2", "generate", "a cat", "--model", TEXT_MODEL, "--count", "2",
        "--out", folder.resolve("y.jpg").toString());
    for (String ending : List.of("bmp", "tiff", "gif")) {
      Path other = folder.resolve("y." + ending);
      refused("end its name", "generate", "a cat", "--model", TEXT_MODEL, "--out", other.toString());
    }
    Path kept = Files.writeString(folder.resolve("kept"), "precious");
    Path link = Files.createSymbolicLink(folder.resolve("link.png"), kept);
    assertThat(run("generate", "a cat", "--model", TEXT_MODEL, "--steps", "1", "--out", link.toString()).err())
        .contains("it is a link");
    assertThat(kept).hasContent("precious");
    assertThat(link).isSymbolicLink();
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThat(run("generate", "a cat", "--model", TEXT_MODEL, "--steps", "1", "--out", pipe.toString()).err())
        .contains("a pipe or a device");
    assertThat(Files.isRegularFile(pipe)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "a cat --model MODEL --size 41x40|the size is 41x40; both sides must be multiples of 4, at least that",
      "a cat --model MODEL --mask x.png|--mask says where a picture is painted anew; give the picture with"
          + " --init-image",
      "a cat --model MODEL --clip-skip 0|--clip-skip is 0, must be at least 1, which is the last layer",
      "a cat --model MODEL --max-memory 1k|the limit is 1024 bytes; use a smaller picture or batch, or decode in tiles",
      "a cat --model MODEL --control OUT --controlnet nowhere|out.png: there is no such file or folder",
      "a cat --model nowhere|nowhere/model_index.json: there is no such file",
      "a cat --model MODEL --strip|--strip is for models that read no text",
  })
  void shouldSayWhatIsWrongWithARequest(String arguments, String message) {
    String[] words =
        ("generate " + arguments.replace("a cat", "cat").replace("MODEL", TEXT_MODEL).replace("OUT", picture.toString())
            + " --out " + picture).split(" ");
    Outcome outcome = run(words);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).startsWith("langevin: ").contains(message).doesNotContain("\tat ");
    assertThat(picture).doesNotExist();
  }

  @Test
  void shouldWriteAFolderAGridOrAStrip() throws IOException {
    Path several = folder.resolve("several");
    assertThat(run("generate", "--class", "1", "--steps", "2", "--count", "3", "--out", several.toString()).code())
        .isZero();
    try (Stream<Path> files = Files.list(several)) {
      assertThat(files.map(f -> f.getFileName().toString()).sorted()).containsExactly("00000.png", "00001.png",
          "00002.png");
    }
    assertThat(
        run("generate", "--class", "1", "--steps", "2", "--count", "3", "--grid", "--out", picture.toString()).code())
            .isZero();
    assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(2 * 32 + 3 * 2);
    assertThat(run("generate", "--class", "1", "--steps", "8", "--strip", "--out", picture.toString()).code()).isZero();
    assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(8 * 32 + 9 * 2);
  }

  @Test
  void shouldRepeatAPictureForASeed() throws IOException {
    Path again = folder.resolve("again.png");
    run("generate", "--class", "3", "--steps", "3", "--seed", "5", "--out", picture.toString());
    run("generate", "--class", "3", "--steps", "3", "--seed", "5", "--out", again.toString());
    assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(picture));
    run("generate", "--class", "3", "--steps", "3", "--seed", "6", "--out", again.toString());
    assertThat(Files.readAllBytes(again)).isNotEqualTo(Files.readAllBytes(picture));
  }

  @Test
  void shouldTakeAClassByItsName() throws IOException {
    Path numbered = folder.resolve("numbered.png");
    assertThat(run("generate", "--class", "9", "--steps", "1", "--out", numbered.toString()).code()).isZero();
    assertThat(run("generate", "--class", "ankle boot", "--steps", "1", "--out", picture.toString()).code()).isZero();
    BufferedImage byName = ImageIO.read(picture.toFile());
    BufferedImage byNumber = ImageIO.read(numbered.toFile());
    assertThat(byName.getData().getPixels(0, 0, 28, 28, (int[]) null))
        .isEqualTo(byNumber.getData().getPixels(0, 0, 28, 28, (int[]) null));
  }

  @Test
  void shouldWalkTheForwardChain() throws IOException {
    Path photograph = folder.resolve("photograph.png");
    ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "png", photograph.toFile());
    Outcome outcome = run("forward", photograph.toString(), "--show", "4", "--out", picture.toString());
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).contains("alphaBar_t").contains("999").contains(picture.toString());
    assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(4 * 40 + 5 * 2);
  }

  @Test
  void shouldListThePlanOfAnySize() throws IOException {
    String model = EmbeddedModel.FASHION.unpack().toString();
    Outcome own = run("plan", "--wide", "--model", model);
    Outcome larger = run("plan", "--wide", "--model", model, "--size", "64x32");
    assertThat(own.out()).contains("conv_in").contains("[1, 32, 32,").containsPattern("at most \\d+ at a time");
    assertThat(larger.out()).contains("[1, 32, 64,");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "--class 1 --model nowhere|there is no such file",
      "--class 1 --count 0|count is 0",
      "--class 1 --count -3|count is -3",
      "--class 1 --steps 0|steps is 0",
      "--class 10|this model has 0 to 9",
      "--class boots|there is no class called 'boots'; there are 0 T-shirt/top; 1 Trouser;",
      "--class -1|this model has 0 to 9",
      "--class 1 --sampler Nonesuch|there is no sampler Nonesuch",
      "--class 1 --precision f16|the backend onednn has no precision f16, which is for GPUs; use f32, bf16 or int8,",
      "--class 1 --precision tf32|the backend onednn has no precision tf32, which is for GPUs; use f32, bf16 or int8,",
      "--class 1 --device cuda:x|what follows the colon is a device's index",
      "--class 1 --device cuda:99|cuda", // whether there is a driver or not
      "--class 1 --backend cuda12|no backend is named 'cuda12'"})
  void shouldRefuseBadArguments(String arguments, String reason) {
    refused(reason, Stream.concat(Stream.of("generate", "--out", picture.toString()),
        Stream.of(arguments.split(" "))).toArray(String[]::new));
  }

  @Test
  void shouldNeedAClassOfAModelWithClasses() {
    refused("needs a class from 0 to 9", "generate", "--out", picture.toString());
  }

  @Test
  void shouldTimeKernelsOfAFile() throws IOException {
    Path shapes = Files.writeString(folder.resolve("shapes.txt"), """
        # small ones
        a conv n=1 h=8 w=8 ic=16 oc=16
        b matmul m=8 k=16 n=16
        c attention n=1 heads=2 lq=8 lk=5 d=8
        d groupnorm n=1 h=4 w=4 c=32
        e layernorm rows=4 c=8
        """);
    Path csv = folder.resolve("times.csv");
    assertThat(run("bench", "kernels", "--rounds", "1", "--shapes", shapes.toString(), "--csv", csv.toString()).code())
        .isZero();
    assertThat(Files.readAllLines(csv)).hasSize(6).element(1).asString().startsWith("a,conv,n=1 h=8 w=8 ic=16 oc=16,");
    Files.writeString(shapes, "a conv n=1 h=8 w=8 ic=16");
    refused(shapes + ", line 1: conv takes [h, ic, n, oc, w]", "bench", "kernels", "--shapes", shapes.toString());
  }

  @ParameterizedTest
  @CsvSource({"0x28", "-8x28", "28", "x", "28x28x28"})
  void shouldRefuseASizeThatIsNone(String size) {
    Outcome outcome = run("plan", "--size=" + size);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("'" + size + "' is not WIDTHxHEIGHT");
  }

  @Test
  void shouldRefuseASizeThatTheNetworkCannotTake() {
    refused("multiples of 4", "plan", "--size", "30x28");
    refused("must be at least 1", "plan", "--batch", "-1");
  }

  @Test
  void shouldGiveCode2ForAnUnknownOption() {
    assertThat(run("generate", "--nonesuch").code()).isEqualTo(2);
  }

  @Test
  void shouldShowTheTraceForDebug() {
    assertThat(run("generate", "--count", "0", "--debug").err()).contains("count is 0").contains("\tat dev.langevin");
    assertThat(run("generate", "--count", "0").err()).doesNotContain("\tat ").hasLineCount(1);
  }

  @Test
  void shouldRefuseAPlaceThatCannotBeWrittenBeforeSampling() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    for (Path place : new Path[] {folder.resolve("none/out.png"), file.resolve("out.png")}) {
      Outcome outcome = run("generate", "--class", "1", "--steps", "1000", "--out", place.toString());
      assertThat(outcome.code()).isEqualTo(1);
      assertThat(outcome.err()).contains(place + ": cannot be written").doesNotContain("sampling");
    }
  }

  @Test
  void shouldRefuseAPictureThatIsNone() throws IOException {
    Path text = Files.writeString(folder.resolve("text.png"), "no picture");
    refused("is not a PNG, JPEG, BMP, GIF or WebP picture", "forward", text.toString(), "--out", picture.toString());
    refused("there is no such file", "forward", "nowhere.jpg", "--out", picture.toString());
    refused("show must be at least 2", "forward", text.toString(), "--show", "0", "--out", picture.toString());
  }

  private void refused(String reason, String... arguments) {
    Outcome outcome = run(arguments);
    assertThat(outcome.err()).contains("langevin: ").contains(reason);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(picture).doesNotExist();
  }
}
