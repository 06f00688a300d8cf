package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the job costs beside the command line: on a machine that does nothing else. */
@Tag("soak")
class OverheadTest {

  private static final int COUNT = Integer.getInteger("langevin.soak.overhead", 300);

  @TempDir
  private Path folder;

  /** What a job took. */
  private record Taken(double rate, double taskSeconds, double wall, double driverCpu) {}

  @Test
  void shouldCostLittleBesideTheCommandLine() throws Exception {
    List<String> prompts = IntStream.range(0, COUNT).mapToObj(i -> "a red apple " + i).toList();
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      rows.add("{\"id\": \"%05d\", \"prompt\": \"%s\"}".formatted(i, prompts.get(i)));
    }
    Path input = Files.write(folder.resolve("in.jsonl"), rows);
    CommandLineRun.pictures(folder, prompts);
    double commandLine = rate(commandLineTimes());
    Taken one = run(input, 1);
    Taken two = run(input, 2);
    double alone = one.rate / commandLine;
    double together = (COUNT / two.taskSeconds) / (COUNT / one.taskSeconds);
    System.out.printf(Locale.ROOT,
        "%d pictures: the command line %.3f/s; one executor %.3f/s, %.3f of it; two executors: pictures a task-second"
            + " %.3f of one's, time from the first picture to the last %.2f of one's; the driver's processor time %.1f"
            + " and %.1f s%n",
        COUNT, commandLine, one.rate, alone, together, two.wall / one.wall, one.driverCpu, two.driverCpu);
    assertThat(alone).isGreaterThanOrEqualTo(0.97);
    assertThat(together).isGreaterThanOrEqualTo(0.9);
  }

  private long[] commandLineTimes() throws IOException {
    try (Stream<Path> files = Files.list(CommandLineRun.folder(folder))) {
      return files.mapToLong(file -> file.toFile().lastModified()).sorted().toArray();
    }
  }

  /** Pictures a second from the first picture to the last. */
  private static double rate(long[] millis) {
    return (millis.length - 1) * 1e3 / (millis[millis.length - 1] - millis[0]);
  }

  private Taken run(Path input, int executors) throws Exception {
    Path out = folder.resolve("out-" + executors);
    double cpu = 0;
    try (Cluster cluster = new Cluster(Files.createDirectory(folder.resolve("cluster-" + executors)), executors)) {
      Cluster.Driver driver = cluster.drive("generate", input.toString(), "--out", out.toString());
      while (driver.isAlive()) {
        cpu = Math.max(cpu, driver.cpuSeconds());
        Thread.sleep(100);
      }
      driver.done();
    }
    List<Row> manifest = Local.session().read().parquet(out.resolve("manifest").toString()).collectAsList();
    long[] made = manifest.stream().mapToLong(row -> row.<Timestamp>getAs("made").getTime()).sorted().toArray();
    double seconds = manifest.stream().mapToDouble(row -> row.<Double>getAs("seconds")).sum();
    return new Taken(rate(made), seconds, (made[made.length - 1] - made[0]) * 1e-3, cpu);
  }
}
