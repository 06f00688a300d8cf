package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run of any kind that is killed at any moment of its process's life, while it starts, encodes the pictures, takes
 * steps, writes a checkpoint or the model, ends in the same files, byte for byte, as one that nobody kills. Moments are
 * seeded: a fifth of them falls into the start, the others within or after a step, counted from where the process went
 * on, since time says little of where a process is on a machine that others use. Where a run ended before its moment,
 * the next begins anew. Figures: docs/soak.md.
 */
class KilledKindsTest {

  private static final List<String> UNCLIP = List.of("clip", "prior", "decoder", "super_resolution");
  private static final int SIGKILLED = 128 + 9;

  @TempDir
  private Path folder;

  private final Random random = new Random(22);

  @ParameterizedTest
  @ValueSource(strings = {"latents", "lora", "autoencoder", "decoder"}) // pixels: KilledRunTest
  void shouldEndInTheSameFilesAfterAKill(String task) throws Exception {
    kill(task, 1, 12);
  }

  /** A fifth of the kills each: pixels, latents, lora, autoencoder, and among them the parts of unCLIP. */
  @Tag("soak")
  @Test
  void shouldEndInTheSameFilesAfterManyKillsOfEachKind() throws Exception {
    int kills = Integer.getInteger("langevin.soak.kills", 50);
    long begin = System.nanoTime();
    for (String task : List.of("pixels", "latents", "lora", "autoencoder")) {
      kill(task, kills / 5, 40);
    }
    for (int i = 0; i < UNCLIP.size(); i++) {
      kill(UNCLIP.get(i), (kills / 5 + UNCLIP.size() - 1 - i) / UNCLIP.size(), 40);
    }
    System.out.printf("soak: all kinds: %d s%n", (System.nanoTime() - begin) / 1_000_000_000);
  }

  private void kill(String task, int kills, int steps) throws Exception {
    Path config = KindsOfRun.write(folder, task, task, steps, KindsOfRun.SD);
    Path output = folder.resolve(task);
    long begin = System.nanoTime();
    Process whole = TrainMain.startAlone(config);
    BufferedReader said = whole.inputReader(StandardCharsets.UTF_8);
    assertThat(read(said, TrainMain.READY, 1)).isTrue();
    int starting = milliseconds(begin);
    finish(whole, said);
    int each = Math.max(1, (milliseconds(begin) - starting) / steps);
    Map<String, Long> expected = contents(output.resolve("model"));
    assertThat(expected).isNotEmpty();
    Checkpoints.delete(output);
    Checkpoints checkpoints = new Checkpoints(output.resolve("checkpoints"), 2);
    StringBuilder reached = new StringBuilder();
    int ended = 0;
    int done = 0;
    while (done < kills) {
      Process process = TrainMain.startAlone(config);
      BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
      boolean early = random.nextInt(5) == 0;
      boolean there =
          early || read(lines, TrainMain.READY, 1) && read(lines, TrainMain.STEP, random.nextInt(steps / 3));
      if (!there || process.waitFor(random.nextInt(early ? starting : 2 * each), TimeUnit.MILLISECONDS)) {
        assertThat(process.waitFor()).as("exit code of %s, after %d kills", task, done).isZero();
        assertThat(contents(output.resolve("model"))).as("%s, after %d kills", task, done).isEqualTo(expected);
        Checkpoints.delete(output);
        ended++;
        continue;
      }
      process.destroyForcibly().waitFor();
      if (process.exitValue() != SIGKILLED) {
        continue; // it ended on its own between the two lines above; the next start finds it at its end
      }
      done++;
      Checkpoints.Found newest = checkpoints.newest();
      reached.append(early ? " start" : " " + (newest == null ? 0 : newest.step()));
      if (Files.exists(output.resolve("model"))) {
        assertThat(contents(output.resolve("model"))).as("%s: a model that has its name", task).isEqualTo(expected);
      }
    }
    Process last = TrainMain.startAlone(config);
    finish(last, last.inputReader(StandardCharsets.UTF_8));
    assertThat(contents(output.resolve("model"))).as("%s, after %d kills", task, kills).isEqualTo(expected);
    System.out.printf("soak: %s: %d kills in %d runs of %d steps, %d ms to the first and %d each; the same %d files;"
        + " newest checkpoints at the kills:%s%n", task, kills, ended + 1, steps, starting, each, expected.size(),
        reached);
  }

  private static int milliseconds(long since) {
    return (int) ((System.nanoTime() - since) / 1_000_000);
  }

  /** Reads so many lines that begin so; false where the process ends before. */
  private static boolean read(BufferedReader lines, String begin, int count) throws IOException {
    int read = 0;
    while (read < count) {
      String line = lines.readLine();
      if (line == null) {
        return false;
      }
      read += line.startsWith(begin) ? 1 : 0;
    }
    return true;
  }

  private static void finish(Process process, BufferedReader lines) throws Exception {
    String said = lines.readAllAsString();
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).contains(TrainMain.DONE);
  }

  private static Map<String, Long> contents(Path model) throws IOException {
    Map<String, Long> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(model)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        CRC32C digest = new CRC32C();
        digest.update(Files.readAllBytes(file));
        contents.put(model.relativize(file).toString(), digest.getValue());
      }
    }
    return contents;
  }
}
