package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that are killed at any moment: what has its name is whole, and the next start makes what one makes that
 * nobody kills. Figures: docs/soak.md.
 */
@Tag("soak")
class KilledCommandsTest {

  private static final String MODEL = "../engine/src/test/resources/reference/pipelines_sd/_models/sd1";
  private static final int KILLS = Integer.getInteger("langevin.soak.kills", 50);

  @TempDir
  private Path folder;

  @Test
  void shouldMakePicturesOfPrompts() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      lines.append("a cat in ").append(i).append(" hats\n");
    }
    Path prompts = Files.writeString(folder.resolve("prompts.txt"), lines);
    kill("generate", "--prompts", prompts.toString(), "--model", MODEL, "--size", "96x96", "--steps", "4", "--seed",
        "7", "--out", "OUT");
  }

  @Test
  void shouldMakeAPicture() throws Exception {
    kill("generate", "a cat", "--model", MODEL, "--size", "96x96", "--steps", "4", "--seed", "7", "--out",
        "OUT/picture.png");
  }

  @Test
  void shouldConvertAModel() throws Exception {
    kill("convert", EmbeddedModel.EMOJI.unpack().toString(), "--dtype", "f32", "--out", "OUT");
  }

  @Test
  void shouldCopyADataset() throws Exception {
    Path from = Files.createDirectory(folder.resolve("from"));
    idx(from.resolve("train-images-idx3-ubyte"), 0x803, 60_000, 784);
    idx(from.resolve("train-labels-idx1-ubyte"), 0x801, 60_000, 1);
    idx(from.resolve("t10k-images-idx3-ubyte"), 0x803, 10_000, 784);
    idx(from.resolve("t10k-labels-idx1-ubyte"), 0x801, 10_000, 1);
    kill("dataset", "fashion-mnist", "--from", from.toString(), "--out", "OUT");
  }

  private static void idx(Path file, int magic, int count, int each) throws IOException {
    byte[] entries = new byte[count * each];
    new Random(count).nextBytes(entries);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(ByteBuffer.allocate(8).putInt(magic).putInt(count).array());
      out.write(entries);
    }
  }

  private void kill(String... command) throws Exception {
    Path whole = Files.createDirectory(folder.resolve("whole")).resolve("out");
    long milliseconds = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) { // the first start reads the program from the disk
      Path again = Files.createDirectory(folder.resolve("again-" + i)).resolve("out");
      long start = System.nanoTime();
      finish(command, i == 0 ? whole : again);
      milliseconds = Math.min(milliseconds, (System.nanoTime() - start) / 1_000_000);
      delete(again.getParent());
    }
    Map<String, Long> expected = contents(whole);
    assertThat(expected).isNotEmpty();
    Random random = new Random(5);
    int ended = 0;
    int partial = 0;
    int left = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Path out = Files.createDirectory(folder.resolve("kill-" + kill)).resolve("out");
      Process process = start(command, out);
      if (kill % 2 == 1) { // while it writes
        awaitFirstFile(process, out.getParent());
        process.waitFor(random.nextLong(milliseconds / 8), TimeUnit.MILLISECONDS);
      } else {
        process.waitFor(random.nextLong(milliseconds), TimeUnit.MILLISECONDS);
      }
      ended += process.isAlive() ? 0 : 1;
      process.destroyForcibly().waitFor(); // SIGKILL
      Map<String, Long> there = contents(out);
      assertThat(expected).as("files that have their names, after kill %d", kill).containsAllEntriesOf(there);
      partial += there.isEmpty() || there.equals(expected) ? 0 : 1;
      if (!there.equals(expected) || !command[0].matches("convert|dataset")) { // those say that the folder is there
        finish(command, out);
      }
      assertThat(contents(out)).as("what the start after kill %d makes", kill).isEqualTo(expected);
      left += hidden(out.getParent()) > 0 ? 1 : 0;
      delete(out.getParent());
    }
    System.out.printf("soak: %s: %d kills survived, %d of them after the end, %d with some files made; %d left hidden"
        + " files; a start takes %d ms%n", String.join(" ", List.of(command).subList(0, 2)), KILLS - ended, ended,
        partial, left, milliseconds);
    assertThat(ended).as("kills must fall within the run").isLessThan(KILLS / 2);
    if (!command[0].equals("generate")) { // a picture's file lies under a hidden name for a moment
      assertThat(left).as("hidden files that a next start leaves").isZero();
    }
  }

  private static void awaitFirstFile(Process process, Path around) throws Exception {
    while (process.isAlive()) {
      try (Stream<Path> files = Files.list(around)) {
        if (files.findAny().isPresent()) {
          return;
        }
      }
      Thread.sleep(1);
    }
  }

  private Process start(String[] command, Path out) throws IOException {
    List<String> words = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp",
        System.getProperty("java.class.path"), Langevin.class.getName()));
    for (String word : command) {
      words.add(word.replace("OUT", out.toString()));
    }
    if (List.of(command).contains("OUT/picture.png")) {
      Files.createDirectories(out);
    }
    return new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(folder.resolve("said").toFile()).start();
  }

  private void finish(String[] command, Path out) throws Exception {
    Process process = start(command, out);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("said"))).isZero();
  }

  /** Digests of the files under their names; those that are being written are hidden. */
  private static Map<String, Long> contents(Path out) throws IOException {
    Map<String, Long> contents = new TreeMap<>();
    if (Files.exists(out)) {
      try (Stream<Path> files = Files.walk(out)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (!file.getFileName().toString().startsWith(".")) {
            CRC32C digest = new CRC32C();
            digest.update(Files.readAllBytes(file));
            contents.put(out.relativize(file).toString(), digest.getValue());
          }
        }
      }
    }
    return contents;
  }

  private static long hidden(Path around) throws IOException {
    try (Stream<Path> files = Files.walk(around)) {
      return files.filter(file -> file.getFileName().toString().startsWith(".")).count();
    }
  }

  private static void delete(Path around) throws IOException {
    try (Stream<Path> files = Files.walk(around)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
