package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full or gone when something is to be written. */
class DisksTest {

  @TempDir
  private Path folder;

  private static BufferedImage picture(int rgb) {
    BufferedImage picture = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(1, 1, rgb);
    return picture;
  }

  @Test
  void shouldKeepPicturesThatCannotBeWritten() throws IOException {
    Path gone = Files.createFile(folder.resolve("file"));
    PictureFiles files = new PictureFiles();
    files.write(picture(1), folder.resolve("a.png"));
    files.write(picture(2), gone.resolve("b.png"));
    files.write(picture(3), gone.resolve("c.png"));
    Matcher kept = kept(gone.resolve("b.png") + ": cannot be written .*; 2 results are kept in (.*)", files);
    Path refuge = Path.of(kept.group(1));

    assertThat(Images.read(folder.resolve("a.png")).getRGB(1, 1)).isEqualTo(0xff000001);
    assertThat(Images.read(refuge.resolve("b.png")).getRGB(1, 1)).isEqualTo(0xff000002);
    assertThat(Images.read(refuge.resolve("c.png")).getRGB(1, 1)).isEqualTo(0xff000003);
    for (String name : new String[] {"b.png", "c.png", ""}) {
      Files.delete(refuge.resolve(name));
    }
  }

  private static Matcher kept(String message, PictureFiles files) {
    Matcher matcher = Pattern.compile(message).matcher("");
    assertThatThrownBy(files::close).isInstanceOf(ImageFileException.class)
        .satisfies(e -> assertThat(matcher.reset(e.getMessage()).matches()).as(e.getMessage()).isTrue());
    return matcher;
  }

  /** A picture that is there already stays until the new one is whole. */
  @Test
  void shouldLeaveWhatWasThereOnAFullDisk() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name"))
            && new ProcessBuilder("unshare", "-m", "true").start().waitFor() == 0,
        "only the superuser can mount a small disk");
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Path said = folder.resolve("said");
    String script = "mount -t tmpfs -o size=4k none '" + disk + "' && echo old > '" + disk
        + "/a.png' && \"$@\"; echo $? $(cat '" + disk
        + "/a.png') $(ls -A '" + disk + "')";
    Process process = new ProcessBuilder("unshare", "-m", "sh", "-c", script, "sh",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Langevin.class.getName(), "generate", "--class", "1", "--steps", "1",
        "--out",
        disk.resolve("a.png").toString()).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String text = Files.readString(said, StandardCharsets.UTF_8);
    Matcher kept =
        Pattern.compile("langevin: " + disk.resolve("a.png") + ": cannot be written .*; the result is kept as (\\S+)")
            .matcher(text);

    assertThat(kept.find()).as(text).isTrue();
    assertThat(text.lines()).last().isEqualTo("1 old a.png");
    assertThat(Images.read(Path.of(kept.group(1))).getWidth()).isEqualTo(32);
    Files.delete(Path.of(kept.group(1)));
    Files.delete(Path.of(kept.group(1)).getParent());
  }

  /** A size or count that no machine has memory for, told before anything is made of it. */
  @Test
  void shouldRefuseWhatTheMachineHasNoMemoryFor() {
    Path out = folder.resolve("out");
    for (String[] asked : new String[][] {{"a fox", "--size", "1000000x1000000"},
        {"--class", "1", "--size", "1000000x1000000"}}) {
      String[] arguments =
          Stream.of(new String[] {"generate"}, asked, new String[] {"--steps", "1", "--out", out.toString()})
              .flatMap(Stream::of).toArray(String[]::new);
      Outcome outcome = Outcome.run(arguments);
      assertThat(outcome.code()).isEqualTo(1);
      assertThat(outcome.err().lines()).last().asString()
          .startsWith("langevin: a picture of 1000000x1000000 takes at least 4000000000000 bytes,")
          .endsWith("; use a smaller picture or batch, or decode in tiles");
    }
    Outcome many = Outcome.run("generate", "a fox", "--steps", "1", "--count", "2000000000", "--out", out.toString());
    assertThat(many.code()).isEqualTo(1);
    assertThat(many.err()).startsWith("langevin: " + out + ": cannot be written: 2000000000 pictures take at least ")
        .hasLineCount(1);
  }

  /** Each picture of a text has a seed of its own; those of a class go on with one generator. */
  @Test
  void shouldMakeInBatchesWhatDoesNotFit() throws IOException {
    for (EmbeddedModel model : List.of(EmbeddedModel.FASHION, EmbeddedModel.EMOJI)) {
      String[] what =
          model == EmbeddedModel.EMOJI ? new String[] {"a fox", "--guidance", "3"} : new String[] {"--class", "1"};
      Path whole = folder.resolve(model + "-whole");
      Path parted = folder.resolve(model + "-parted");
      assertThat(generate(what, whole).err()).doesNotContain("batches");
      assertThat(generate(what, parted, "--max-memory", Long.toString(bytes(model, 3))).err())
          .contains("langevin: warning: 6 pictures at a time do not fit into memory; they are made in batches of ");
      for (int i = 0; i < 6; i++) {
        String name = "%05d.png".formatted(i);
        assertThat(Likeness.of(Images.read(whole.resolve(name)), Images.read(parted.resolve(name))).psnr()).as(name)
            .isGreaterThan(50);
      }
    }
  }

  private static Outcome generate(String[] what, Path out, String... more) {
    Outcome outcome = Outcome.run(Stream
        .of(new String[] {"generate"}, what, new String[] {"--steps", "2", "--count", "6", "--out", out.toString()},
            more)
        .flatMap(Stream::of).toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome;
  }

  /** What so many pictures take at the least: one network at a time, with slower kernels. */
  private static long bytes(EmbeddedModel model, int count) throws IOException {
    try (Pipeline pipeline = Pipelines.open(model.unpack(), LoadOptions.builder().maxBytes(1).build())) {
      GenerationRequest.Builder request =
          model == EmbeddedModel.EMOJI ? GenerationRequest.prompt("a fox").guidance(3.0) : GenerationRequest.ofClass(1);
      return pipeline.plan(request.count(count).build()).peakBytes();
    }
  }
}
