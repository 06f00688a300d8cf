package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows in, pictures and a table out, within this process. */
class BulkJobTest {

  private static final List<String> STEPS = List.of("--steps=2");

  @TempDir
  private Path folder;

  private BulkOptions options() {
    return BulkOptions.of(folder.resolve("out").toString()).with(STEPS);
  }

  private static BulkJob.Report run(BulkOptions options, Dataset<Row> rows) throws Exception {
    return new BulkJob(Local.session(), options).run(rows);
  }

  private List<Row> manifest() {
    return Local.session().read().parquet(folder.resolve("out/manifest").toString()).orderBy("id").collectAsList();
  }

  private List<Path> pictures() throws Exception {
    try (Stream<Path> files = Files.list(folder.resolve("out/pictures"))) {
      return files.sorted().toList();
    }
  }

  @Test
  void shouldMakeWhatTheCommandLineMakes() throws Exception {
    List<String> prompts = List.of("a red apple", "a cat", "a (blue:1.3) ball", "- a dash");
    Path input = Files.writeString(folder.resolve("in.jsonl"), """
        {"id": "a", "prompt": "a red apple", "seed": 7}
        {"id": "b", "prompt": "a cat", "seed": 7}
        {"id": "c", "prompt": "a (blue:1.3) ball", "seed": 7}
        {"id": "d", "prompt": "- a dash", "seed": 7}
        """);
    BulkJob.Report report = run(options(), Local.session().read().json(input.toString()));
    assertThat(report.made()).isEqualTo(4);
    List<byte[]> expected = CommandLineRun.pictures(folder, prompts, "--steps", "2", "--seed", "7");
    for (int i = 0; i < prompts.size(); i++) {
      Path file = folder.resolve("out/pictures/" + "abcd".charAt(i) + ".png");
      assertThat(Files.readAllBytes(file)).as(prompts.get(i)).isEqualTo(expected.get(i));
      assertThat(manifest().get(i).<String>getAs("sha256")).isEqualTo(Digests.of(expected.get(i)));
    }
    assertThat(folder.resolve("out/_SUCCESS")).exists();
    assertThat(Local.session().read().format("binaryFile").load(folder.resolve("out/pictures").toString()).count())
        .isEqualTo(4);
  }

  @Test
  void shouldTellOfRowsThatCannotBeMade() throws Exception {
    BulkJob.Report report = run(options(), Local.table("id string, prompt string, sampler string, image string",
        new Object[] {"a", "a cat", null, null}, new Object[] {"b", "a cat", "no_such", null},
        new Object[] {"c", "a cat", null, folder.resolve("none.png").toString()},
        new Object[] {"d", null, null, null}, new Object[] {"_e", "a cat", null, null}));
    assertThat(report.made()).isEqualTo(1);
    assertThat(report.failed()).isEqualTo(4);
    List<Row> rows = manifest();
    assertThat(rows).hasSize(5);
    assertThat(rows.stream().map(row -> row.<String>getAs("error")).toList()).satisfiesExactly(
        error -> assertThat(error).contains("the id '_e' is no name for a file"),
        error -> assertThat(error).isNull(), error -> assertThat(error).contains("no_such"),
        error -> assertThat(error).contains("none.png", "there is no such file"),
        error -> assertThat(error).isEqualTo("the row has no prompt"));
    assertThat(pictures()).hasSize(1);
  }

  @Test
  void shouldResumeWithWhatIsNotProvedToBeThere() throws Exception {
    Dataset<Row> rows = Local.table("prompt string, seed int", new Object[] {"a cat", 1}, new Object[] {"a cat", 2},
        new Object[] {"a cat", 3});
    assertThat(run(options(), rows).made()).isEqualTo(3);
    List<Path> files = pictures();
    assertThat(files).hasSize(3);
    byte[] first = Files.readAllBytes(files.get(0));
    byte[] second = Files.readAllBytes(files.get(1));
    Files.write(files.get(0), new byte[] {1}); // changed since
    Files.delete(files.get(1));
    FileTime time = Files.getLastModifiedTime(files.get(2));
    BulkJob.Report report = run(options().with(BulkOptions.Mode.RESUME), rows);
    assertThat(report.made()).isEqualTo(2);
    assertThat(report.skipped()).isEqualTo(1);
    assertThat(Files.readAllBytes(files.get(0))).isEqualTo(first);
    assertThat(Files.readAllBytes(files.get(1))).isEqualTo(second);
    assertThat(Files.getLastModifiedTime(files.get(2))).isEqualTo(time);
    assertThat(manifest()).hasSize(3);
  }

  @Test
  void shouldKeepToTheSaveModes() throws Exception {
    Dataset<Row> one = Local.table("id string, prompt string", new Object[] {"a", "a cat"});
    Dataset<Row> other = Local.table("id string, prompt string", new Object[] {"b", "a dog"});
    run(options(), one);
    assertThatThrownBy(() -> run(options(), other)).hasMessageContaining("go on with it with --resume");
    assertThat(run(options().with(BulkOptions.Mode.IGNORE), other).made()).isZero();
    assertThatThrownBy(() -> run(options().with(BulkOptions.Mode.APPEND), one))
        .hasMessageContaining("the id a is there already");
    assertThat(run(options().with(BulkOptions.Mode.APPEND), other).made()).isEqualTo(1);
    assertThat(manifest()).hasSize(2);
    run(options().with(BulkOptions.Mode.OVERWRITE), other);
    assertThat(manifest()).hasSize(1);
    assertThat(pictures()).hasSize(1);
  }

  @Test
  void shouldPutPicturesIntoTheTable() throws Exception {
    Dataset<Row> rows =
        Local.table("id string, prompt string", new Object[] {"a", "a cat"}, new Object[] {"b", "a dog"});
    run(options(), rows.where("id = 'a'"));
    byte[] file = Files.readAllBytes(folder.resolve("out/pictures/a.png"));
    BulkOptions packed = options().with(BulkOptions.Format.PARQUET);
    assertThatThrownBy(() -> run(packed.with(BulkOptions.Mode.RESUME), rows)).hasMessageContaining("in files");
    run(packed.with(BulkOptions.Mode.OVERWRITE), rows.where("id = 'a'"));
    BulkJob.Report report = run(packed.with(BulkOptions.Mode.RESUME), rows);
    assertThat(report.made()).isEqualTo(1);
    assertThat(report.skipped()).isEqualTo(1);
    assertThat(manifest().get(0).<byte[]>getAs("picture")).isEqualTo(file);
    assertThat(manifest().get(1).<byte[]>getAs("picture")).isNotEmpty();
    assertThat(folder.resolve("out/_pictures")).doesNotExist();
    assertThat(folder.resolve("out/pictures")).doesNotExist();
  }

  @Test
  void shouldWriteWebpWhoseColoursAreThoseOfThePng() throws Exception {
    Dataset<Row> rows = Local.table("id string, prompt string", new Object[] {"a", "a cat"});
    run(options().with(BulkOptions.Format.WEBP), rows);
    Path webp = folder.resolve("out/pictures/a.webp");
    run(new BulkOptions(folder.resolve("png").toString(), BulkOptions.Format.PNG, null, BulkOptions.Mode.ERROR, STEPS,
        null, 16, 1, List.of()), rows);
    int[] colours = colours(webp);
    assertThat(colours).isEqualTo(colours(folder.resolve("png/pictures/a.png")));
  }

  private static int[] colours(Path file) {
    java.awt.image.BufferedImage image = dev.langevin.image.Images.read(file);
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  @Test
  void shouldRefuseInputsAndOptionsThatCannotBe() {
    assertThatThrownBy(() -> run(options(), Local.table("text string", new Object[] {"a cat"})))
        .hasMessageContaining("a column prompt is needed");
    assertThatThrownBy(() -> run(options(), Local.table("prompt string, seeds int", new Object[] {"a cat", 1})))
        .hasMessageContaining("nothing reads the input's column seeds");
    assertThatThrownBy(() -> run(options(), Local.table("id string, prompt string", new Object[] {"a", "a cat"},
        new Object[] {"a", "a dog"}))).hasMessageContaining("the id a is that of 2 different rows");
    assertThatThrownBy(() -> run(options().with(List.of("--count=2")),
        Local.table("prompt string", new Object[] {"a cat"}))).hasMessageContaining("--count is not of one picture");
  }

  @Test
  void shouldEndInOneSentenceWithoutTheModel() {
    assertThatThrownBy(() -> run(options().withModel(folder.resolve("none").toString()),
        Local.table("prompt string", new Object[] {"a cat"}))).isInstanceOf(BulkException.class)
            .hasMessageContaining("the model cannot be opened").hasMessageContaining("none");
  }
}
