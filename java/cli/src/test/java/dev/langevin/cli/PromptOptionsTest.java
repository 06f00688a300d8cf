package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.image.PictureTexts;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options that decide how prompts are read. */
class PromptOptionsTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";

  private static final String XL = "../engine/src/test/resources/reference/pipelines_sdxl/_models/base";

  @TempDir
  private Path folder;

  private int pictures;

  private Path picture(String model, String... arguments) {
    Path picture = folder.resolve(pictures++ + ".png");
    List<String> all =
        new ArrayList<>(List.of("generate", "--model", model, "--steps", "2", "--out", picture.toString()));
    if (model.equals(MODEL)) {
      all.addAll(List.of("--size", "48x40"));
    }
    all.addAll(List.of(arguments));
    Outcome outcome = run(all.toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return picture;
  }

  private static int[] pixels(Path picture) throws IOException {
    BufferedImage image = ImageIO.read(picture.toFile());
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private int[] made(String... arguments) throws IOException {
    return pixels(picture(MODEL, arguments));
  }

  /** Catches a count that is one off for SDXL, which reads the layer before the last by itself. */
  @Test
  void shouldCountLayersAsWebUisDo() throws IOException {
    int[] usual = pixels(picture(XL, "a cat"));
    Path second = picture(XL, "a cat", "--clip-skip", "2");
    assertThat(pixels(second)).isEqualTo(usual);
    assertThat(pixels(picture(XL, "a cat", "--clip-skip", "1"))).isEqualTo(usual);
    assertThat(pixels(picture(XL, "a cat", "--clip-skip", "3"))).isNotEqualTo(usual);
    assertThat(PictureTexts.read(second).texts().get("parameters")).contains("Clip skip: 2");
    assertThat(made("a cat", "--clip-skip", "2")).isNotEqualTo(made("a cat"));
  }

  /** Catches an option that is not passed on. */
  @Test
  void shouldReadPromptsInTheirNotation() throws IOException {
    String prompt = "a [cat] (hat:1.4)";
    int[] usual = made(prompt);
    assertThat(made(prompt, "--prompt-syntax", "a1111", "--emphasis", "original")).isEqualTo(usual);
    assertThat(made(prompt, "--emphasis", "No norm")).isNotEqualTo(usual);
    assertThat(made(prompt, "--emphasis", "Ignore")).isEqualTo(made("a cat hat"));
    assertThat(made(prompt, "--prompt-syntax", "comfy")).isNotEqualTo(usual);
    assertThat(made(prompt, "--prompt-syntax", "plain")).isEqualTo(made(prompt, "--plain-prompt"))
        .isEqualTo(made(prompt, "--emphasis", "None"));
  }

  /** Catches a file that is taken for another, merged with another weight, or lost with the next prompt. */
  @Test
  void shouldMergeTheUpdatesThatAPromptCalls() throws IOException {
    Path file = Files.createDirectories(folder.resolve("loras/hats")).resolve("Big Hat.safetensors");
    write(file);
    String[] where = {"--lora-dir", folder.resolve("loras").toString()};
    Path called = picture(MODEL, "a cat<lora:Big Hat:0.5>", where[0], where[1]);
    assertThat(pixels(called)).isEqualTo(made("a cat", "--lora", file + ":0.5")).isNotEqualTo(made("a cat"));
    assertThat(made("a cat<lora:hat-v1:0.5>", where[0], where[1])).isEqualTo(pixels(called)); // as it was trained
    assertThat(PictureTexts.read(called).texts().get("parameters")).startsWith("a cat<lora:Big Hat:0.5>");
    assertThat(made("a cat<lora:Big Hat:0.5>", "--lora", file + ":0.5")).isEqualTo(pixels(called));
    Path prompts = Files.writeString(folder.resolve("prompts.txt"), "a cat<lora:Big Hat:0.5>\na cat\n");
    assertThat(run("generate", "--prompts", prompts.toString(), "--model", MODEL, "--size", "48x40", "--steps", "2",
        where[0], where[1], "--out", folder.resolve("two").toString()).code()).isZero();
    assertThat(pixels(folder.resolve("two/00000.png"))).isEqualTo(pixels(called));
    assertThat(pixels(folder.resolve("two/00001.png"))).isEqualTo(made("a cat"));
    assertThat(run("generate", "a cat <lora:big hat:1>", "--model", MODEL, where[0], where[1]).err())
        .contains("there is no big hat.safetensors in").contains("; Big Hat is");
  }

  /** Catches a model that is loaded anew for each prompt's or each cell's updates. */
  @Test
  void shouldLoadTheModelOnceForAllUpdates() throws IOException {
    Path file = Files.createDirectories(folder.resolve("loras")).resolve("hat.safetensors");
    write(file);
    Path prompts = Files.writeString(folder.resolve("prompts.txt"),
        "a cat<lora:hat:0.5>\na cat\na cat<lora:hat:1>\na cat<lora:hat:0.5>\n");
    assertThat(loads("generate", "--prompts", prompts.toString(), "--model", MODEL, "--size", "48x40", "--steps", "2",
        "--lora-dir", file.getParent().toString(), "--out", folder.resolve("four").toString())).isEqualTo(1);
    assertThat(loads("grid", "a cat", "--x", "lora=0,0.5,1", "--lora", file.toString(), "--model", MODEL, "--size",
        "48x40", "--steps", "2", "--out", folder.resolve("grid.png").toString())).isEqualTo(1);
    int[] half = made("a cat", "--lora", file + ":0.5");
    assertThat(pixels(folder.resolve("four/00000.png"))).isEqualTo(half);
    assertThat(pixels(folder.resolve("four/00001.png"))).isEqualTo(pixels(folder.resolve("grid/x1.png")))
        .isNotEqualTo(half);
    assertThat(pixels(folder.resolve("four/00002.png"))).isEqualTo(pixels(folder.resolve("grid/x3.png")));
    assertThat(pixels(folder.resolve("four/00003.png"))).isEqualTo(half)
        .isEqualTo(pixels(folder.resolve("grid/x2.png")));
  }

  private long loads(String... arguments) throws IOException {
    Path file = folder.resolve("loads.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.langevin.Load");
      recording.start();
      Outcome outcome = run(arguments);
      assertThat(outcome.code()).as(outcome.err()).isZero();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals("dev.langevin.Load")).count();
  }

  private static void write(Path file) {
    String layer = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_q.";
    SafetensorsWriter.write(file,
        Map.of(layer + "lora_down.weight", Shape.of(2, 16), layer + "lora_up.weight", Shape.of(16, 2)), DType.F32,
        Map.of("ss_output_name", "hat-v1"), (name, shape, first, chunk, count) -> {
          for (int i = 0; i < count; i++) {
            chunk[i] = (first + i) % 5 - 2;
          }
        });
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "a <lora:nope:0.8>||the prompt's <lora:nope:0.8> names a file that is sought nowhere; say where with --lora-dir",
      "a <lora:nope:x>||the prompt's <lora:nope:x> has the weight 'x', which is no number",
      "a (cat:1..2)||the prompt's weight '1..2' is no number",
      "a <hypernet:x:1>||<hypernet:x:1> names a hypernetwork, which is not read here",
      "embedding:x|--prompt-syntax=comfy|embedding:x is no learned token that was loaded, []",
      "a|--prompt-syntax=comfy --emphasis=none|--emphasis is of --prompt-syntax a1111; leave it away beside comfy",
      "a|--plain-prompt --prompt-syntax=comfy|--plain-prompt contradicts --prompt-syntax comfy",
      "a|--emphasis=much|'much' is no kind of emphasis; known are [Original, No norm, Ignore, None]",
      "a|--lora-dir=/nowhere|--lora-dir /nowhere: there is no such file or folder",
      "a|--wildcard-dir=/nowhere|--wildcard-dir /nowhere: there is no such file or folder",
      "a __x__|--wildcard-dir=.|the prompt's __x__: there is no x.txt in --wildcard-dir .",
      "a __../x__|--wildcard-dir=.|the prompt's __../x__: there is no ../x.txt in --wildcard-dir .",
  })
  void shouldRefuseInOneSentence(String prompt, String options, String sentence) {
    List<String> arguments = new ArrayList<>(
        List.of("generate", prompt, "--model", MODEL, "--steps", "1", "--out", folder.resolve("no.png").toString()));
    if (options != null) {
      arguments.addAll(List.of(options.split(" ")));
    }
    Outcome outcome = run(arguments.toArray(String[]::new));
    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.err()).contains(sentence);
    assertThat(folder.resolve("no.png")).doesNotExist();
  }

  /** Catches a draw that is not the seed's, and choices that are never made. */
  @Test
  void shouldDrawWildcards() throws IOException {
    Files.writeString(folder.resolve("colour.txt"), "# lines to draw\nred\n\n{dark|light} blue\n");
    TreeSet<String> drawn = new TreeSet<>();
    for (Wildcards.Drawn each : Wildcards.draw(folder, "a __colour__ \\{hat\\|", "{x|y}", 50, 7)) {
      assertThat(each).isEqualTo(Wildcards.draw(folder, "a __colour__ \\{hat\\|", "{x|y}", 1, each.seed()).getFirst());
      drawn.add(each.prompt() + each.negative());
    }
    assertThat(drawn).contains("a red {hat\\|x", "a dark blue {hat\\|y", "a light blue {hat\\|x").hasSize(6);
    assertThat(Wildcards.draw(null, "a {b|c} __d__", null, 3, 7))
        .containsExactly(new Wildcards.Drawn("a {b|c} __d__", null, 3, 7));
    Files.writeString(folder.resolve("loop.txt"), "__loop__");
    org.assertj.core.api.Assertions.assertThatIllegalArgumentException()
        .isThrownBy(() -> Wildcards.draw(folder, "__loop__", null, 1, 0)).withMessageContaining("have no end");
  }

  /** Catches a recorded prompt that would be drawn again. */
  @Test
  void shouldRecordWhatWasDrawn() throws IOException {
    Path drawn = picture(MODEL, "a {red|red} hat", "--wildcard-dir", folder.toString());
    assertThat(PictureTexts.read(drawn).texts().get("parameters")).startsWith("a red hat").doesNotContain("wildcard");
    assertThat(pixels(drawn)).isEqualTo(made("a red hat"));
  }
}
