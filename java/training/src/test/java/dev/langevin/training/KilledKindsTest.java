package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

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
 * uniform over the life of an unbroken process and seeded; where a run ended before its moment, the next begins anew.
 * Figures: docs/soak.md.
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
      kill(task, kills / 5, 60);
    }
    for (int i = 0; i < UNCLIP.size(); i++) {
      kill(UNCLIP.get(i), (kills / 5 + UNCLIP.size() - 1 - i) / UNCLIP.size(), 60);
    }
    System.out.printf("soak: all kinds: %d s%n", (System.nanoTime() - begin) / 1_000_000_000);
  }

  private void kill(String task, int kills, int steps) throws Exception {
    Path config = KindsOfRun.write(folder, task, task, steps, KindsOfRun.SD);
    Path output = folder.resolve(task);
    long milliseconds = finish(config);
    Map<String, Long> whole = contents(output.resolve("model"));
    assertThat(whole).isNotEmpty();
    Checkpoints.delete(output);
    Checkpoints checkpoints = new Checkpoints(output.resolve("checkpoints"), 2);
    StringBuilder reached = new StringBuilder();
    int again = 0;
    int done = 0;
    while (done < kills) {
      Process process = TrainMain.startAlone(config);
      if (process.waitFor(random.nextLong(milliseconds), TimeUnit.MILLISECONDS)) {
        requireDone(process);
        assertThat(contents(output.resolve("model"))).as("%s, after %d kills", task, done).isEqualTo(whole);
        Checkpoints.delete(output);
        again++;
        continue;
      }
      process.destroyForcibly().waitFor();
      if (process.exitValue() != SIGKILLED) {
        continue; // it ended on its own between the two lines above; the next start finds it at its end
      }
      done++;
      Checkpoints.Found newest = checkpoints.newest();
      reached.append(' ').append(newest == null ? 0 : newest.step());
      if (Files.exists(output.resolve("model"))) {
        assertThat(contents(output.resolve("model"))).as("%s: a model that has its name", task).isEqualTo(whole);
      }
    }
    finish(config);
    assertThat(contents(output.resolve("model"))).as("%s, after %d kills", task, kills).isEqualTo(whole);
    System.out.printf("soak: %s: %d kills survived by %d runs of %d steps and %d ms, the same %d files; at step%s%n",
        task, kills, again + 1, steps, milliseconds, whole.size(), reached);
  }

  /** Milliseconds that it took. */
  private long finish(Path config) throws Exception {
    long begin = System.nanoTime();
    requireDone(TrainMain.startAlone(config));
    return (System.nanoTime() - begin) / 1_000_000;
  }

  private static void requireDone(Process process) throws Exception {
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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
