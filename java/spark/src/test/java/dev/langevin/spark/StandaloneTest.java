package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two workers of Spark's own, and what becomes of a job whose processes are killed. */
class StandaloneTest {

  private static final int MANY = Integer.getInteger("langevin.soak.prompts", 300);

  private static final long SEED = Long.getLong("langevin.soak.seed", System.nanoTime());

  @TempDir
  private Path folder;

  private List<String> prompts;

  private Path input(int count) throws IOException {
    List<String> colours = List.of("red", "green", "blue", "yellow", "black", "white", "orange");
    List<String> things = List.of("apple", "cat", "house", "car", "flower", "ball", "fish", "star", "heart");
    prompts = IntStream.range(0, count)
        .mapToObj(i -> "a " + colours.get(i % 7) + " " + things.get(i % 9) + " " + i).toList();
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add("{\"id\": \"%05d\", \"prompt\": \"%s\"}".formatted(i, prompts.get(i)));
    }
    return Files.write(folder.resolve("in.jsonl"), rows);
  }

  private Cluster.Driver drive(Cluster cluster, Path input, String out, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("generate", input.toString(), "--out",
        folder.resolve(out).toString(), "--set", "steps=2"));
    arguments.addAll(List.of(more));
    return cluster.drive(arguments.toArray(String[]::new));
  }

  /** Every picture is there once, and is the command line's. */
  private List<Row> requireAll(String out, List<byte[]> expected) throws IOException {
    Dataset<Row> manifest = Local.session().read().parquet(folder.resolve(out + "/manifest").toString());
    List<Row> rows = manifest.orderBy("id").collectAsList();
    assertThat(rows).hasSize(expected.size());
    try (Stream<Path> files = Files.list(folder.resolve(out + "/pictures"))) {
      assertThat(files).hasSize(expected.size());
    }
    try (Stream<Path> files = Files.list(folder.resolve(out))) {
      assertThat(new TreeSet<>(files.map(file -> file.getFileName().toString()).toList()))
          .containsExactly("_SUCCESS", "manifest", "pictures");
    }
    for (int i = 0; i < expected.size(); i++) {
      assertThat(rows.get(i).<String>getAs("error")).isNull();
      Path file = folder.resolve(out).resolve(rows.get(i).<String>getAs("file"));
      assertThat(Files.readAllBytes(file)).as(prompts.get(i)).isEqualTo(expected.get(i));
      assertThat(rows.get(i).<String>getAs("sha256")).isEqualTo(Digests.of(expected.get(i)));
    }
    return rows;
  }

  @Test
  void shouldMakeOnTwoWorkersWhatTheCommandLineMakes() throws Exception {
    Path input = input(8);
    try (Cluster cluster = new Cluster(Files.createDirectory(folder.resolve("cluster")))) {
      drive(cluster, input, "out", "--rows-per-task", "1").done();
      assertThat(cluster.executorsThatSaid("the model is open, after")).isEqualTo(Cluster.WORKERS);
    }
    List<Row> rows = requireAll("out", CommandLineRun.pictures(folder, prompts, "--steps", "2"));
    assertThat(rows.stream().map(row -> row.<String>getAs("node")).distinct()).hasSize(Cluster.WORKERS);
  }

  @Test
  @Tag("soak")
  void shouldLoseNothingToKilledProcesses() throws Exception {
    Random random = new Random(SEED);
    Path input = input(MANY);
    List<byte[]> expected = CommandLineRun.pictures(folder, prompts, "--steps", "2");
    try (Cluster cluster = new Cluster(Files.createDirectory(folder.resolve("cluster")))) {
      Cluster.Driver first = drive(cluster, input, "first");
      int at = 1 + random.nextInt(MANY * 3 / 4);
      waitForPictures("first", at, first);
      List<ProcessHandle> executors = cluster.executors();
      assertThat(executors).isNotEmpty();
      ProcessHandle killed = executors.get(random.nextInt(executors.size()));
      killed.destroyForcibly();
      String said = first.done();
      requireAll("first", expected);
      System.out.println("seed " + SEED + ": an executor killed at " + at + " of " + MANY + " pictures; "
          + last(said));

      Cluster.Driver second = drive(cluster, input, "second");
      at = 1 + random.nextInt(MANY * 3 / 4);
      waitForPictures("second", at, second);
      second.kill();
      int left = pictures("second");
      said = drive(cluster, input, "second", "--resume").done();
      requireAll("second", expected);
      assertThat(said).containsPattern("\\d+ were there");
      System.out.println("the driver killed at " + left + " of " + MANY + " pictures; resumed: " + last(said));
    }
  }

  private static String last(String log) {
    return log.strip().lines().reduce("", (before, line) -> line);
  }

  private int pictures(String out) {
    String[] files = folder.resolve(out).resolve("pictures").toFile().list();
    return files == null ? 0 : files.length;
  }

  private void waitForPictures(String out, int count, Cluster.Driver driver) throws InterruptedException {
    while (pictures(out) < count) {
      assertThat(driver.isAlive()).isTrue();
      Thread.sleep(20);
    }
  }
}
