package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.GenerationParameters;
import dev.langevin.image.Images;
import dev.langevin.image.PictureTexts;
import dev.langevin.settings.Infotext;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person or a picture says is words: never an option, never a file to read or write. */
class TextsAreTextsTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  @TempDir
  private Path folder;

  private Infotext made(Path picture) {
    Infotext text = Infotext.parse(PictureTexts.read(picture).texts().get(GenerationParameters.KEYWORD));
    return new Infotext(text.pairs().getOrDefault("prompt", text.prompt()),
        text.pairs().getOrDefault("negative", text.negative()), text.pairs());
  }

  private Path picture(String prompt, String negative) {
    Path file = folder.resolve("strange.png");
    String text = new GenerationParameters(prompt, negative,
        Map.of("Steps", "1", "Sampler", "Euler a", "Size", "32x32", "Seed", "42")).format();
    Images.writePng(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), file,
        Map.of(GenerationParameters.KEYWORD, text));
    return file;
  }

  /** A text in the place of a prompt and of a negative one; the file that it names is there. */
  @ParameterizedTest
  @ValueSource(strings = {"--prompts=PRIVATE", "@PRIVATE", "--out=PRIVATE", "-1girl, solo", "@@someone", "--",
      "--negative", "--init-image=PRIVATE"})
  void shouldRepeatTheTextsOfAStrangersPictureAsTheyAre(String template) throws IOException {
    Path secret = Files.writeString(folder.resolve("private.txt"), "--out=overwritten.txt secret");
    String text = template.replace("PRIVATE", secret.toString());
    Path out = folder.resolve("out.png");
    for (boolean negative : new boolean[] {false, true}) {
      Path from = negative ? picture("a fox", text) : picture(text, "");
      Outcome outcome = run("generate", "--from", from.toString(), "--model", MODEL, "--out", out.toString());
      assertThat(outcome).isEqualTo(new Outcome(0, out + "\n", outcome.err()));
      assertThat(negative ? made(out).negative() : made(out).prompt()).isEqualTo(text);
      assertThat(secret).hasContent("--out=overwritten.txt secret");
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files).containsExactlyInAnyOrder(secret, from, out);
      }
      Files.delete(out);
    }
  }

  /** Each option that names a file or a folder, and the fields of a stranger's picture that would set it. */
  static Stream<String> optionsOfFiles() {
    return Langevin.commandLine().getSubcommands().get("generate").getCommandSpec().options().stream()
        .filter(option -> List.of(option.auxiliaryTypes()).contains(Path.class) || option.type() == Path.class
            || List.of("--lora", "--embedding").contains(option.longestName()))
        .map(option -> option.longestName().substring(2));
  }

  @ParameterizedTest
  @MethodSource("optionsOfFiles")
  void shouldFollowNoPathOfAStrangersPicture(String option) throws IOException {
    Path secret = Files.writeString(folder.resolve("private.txt"), "secret");
    Path out = folder.resolve("out.png");
    Path from = folder.resolve("strange.png");
    String field = option.equals("model") ? "Model" : option;
    Images.writePng(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), from, Map.of(GenerationParameters.KEYWORD,
        new GenerationParameters("a fox", "", Map.of("Steps", "1", "Size", "32x32", "lenient", "true", field,
            secret.toString())).format()));
    String[] model = option.equals("model") ? new String[0] : new String[] {"--model", MODEL};
    List<String> words = new ArrayList<>(List.of("generate", "--from", from.toString(), "--out", out.toString()));
    words.addAll(List.of(model));
    Outcome outcome = run(words.toArray(String[]::new));
    if (outcome.code() == 0) { // an option that no picture sets
      assertThat(List.of("out", "prompts", "from", "weight-cache", "model-dir", "lora-dir", "wildcard-dir"))
          .contains(option);
      assertThat(made(out).prompt()).isEqualTo("a fox");
    } else {
      assertThat(outcome.err()).contains("say where that lies with --" + option).hasLineCount(1);
      assertThat(out).doesNotExist();
    }
    assertThat(secret).hasContent("secret");
  }

  @Test
  void shouldTakeAPromptThatBeginsWithAnAtOrSayWhereOneWithADashGoes() throws IOException {
    Path words = Files.writeString(folder.resolve("artist.txt"), "words of a file");
    Path out = folder.resolve("out.png");
    for (String prompt : List.of("@" + words, "@@someone")) {
      assertThat(run("generate", prompt, "--model", MODEL, "--steps", "1", "--out", out.toString()).code()).isZero();
      assertThat(made(out).prompt()).isEqualTo(prompt);
    }
    Outcome refused = run("generate", "-1girl, solo", "--model", MODEL, "--out", out.toString());
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("'-1girl, solo'").contains(" -- ").contains("--help").hasLineCount(1);
    assertThat(run("generate", "--model", MODEL, "--steps", "1", "--out", out.toString(), "--", "-1girl, solo").code())
        .isZero();
    assertThat(made(out).prompt()).isEqualTo("-1girl, solo");
  }

  @Test
  void shouldReadAFileOfPromptsByItsEncoding() throws IOException {
    Path file = folder.resolve("prompts.txt");
    String text = "ein roter K\u00e4fer \ud83c\udf44\nzwei";
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      Files.write(file, ("\ufeff" + text).getBytes(charset));
      assertThat(PromptFile.lines(file)).isEqualTo(text.lines().toList());
    }
    Files.writeString(file, text);
    assertThat(PromptFile.lines(file)).isEqualTo(text.lines().toList());
    Files.writeString(file, "K\u00e4fer", StandardCharsets.ISO_8859_1);
    Outcome refused = run("generate", "--prompts", file.toString(), "--model", MODEL);
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains(file.toString()).contains("Latin-1").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--strength 0.5", "--guidance -3 --negative dog", "--control-scale 0.5", "--tokenizer /nope",
      "--original-config /nope", "--image-prompt-scale 0.5", "--image-encoder /nope", "--vae /nope"})
  void shouldRefuseWhatNothingReads(String options) {
    Path out = folder.resolve("out.png");
    Outcome refused = run(("generate cat --model " + MODEL + " --steps 1 --out " + out + " " + options).split(" "));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains(options.split(" ")[0]).doesNotContain("sampling");
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--negative blurry", "--size 512x512", "--sampler euler_a", "--clip-skip 2",
      "--lora nowhere.safetensors", "--embedding nowhere.safetensors", "--controlnet nowhere"})
  void shouldRefuseWhatUnClipHasNot(String options) {
    Path out = folder.resolve("out.png");
    Outcome refused = run(("generate fox --model ../engine/src/test/resources/reference/pipelines_unclip/_models/karlo"
        + " --steps 2 --out " + out + " " + options).split(" "));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("unCLIP has no ");
    assertThat(out).doesNotExist();
  }
}
