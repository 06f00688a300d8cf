package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed loses no more than the steps since its last checkpoint, and ends in the weights of one that was
 * not.
 */
class KilledRunTest {

  private static final String[] SETTINGS = {"checkpoint_every: 7"};
  private static final String WEIGHTS = "model/unet/diffusion_pytorch_model.safetensors";

  @TempDir
  Path folder;

  @Test
  void shouldEndInTheSameWeightsAfterTwentyKills() throws Exception {
    kill(20, 600);
  }

  /** Figures: docs/soak.md. */
  @Tag("soak")
  @Test
  void shouldEndInTheSameWeightsAfterManyKills() throws Exception {
    int kills = Integer.getInteger("langevin.soak.kills", 50);
    kill(kills, 40L * kills);
    System.out.printf("soak: train: %d kills survived, the same weights%n", kills);
  }

  private void kill(int kills, long steps) throws Exception {
    Path whole = TinyRun.write(folder, "whole", steps, SETTINGS);
    assertThat(finish(TrainMain.start(whole))).contains(TrainMain.DONE);
    Path killed = TinyRun.write(folder, "killed", steps, SETTINGS);
    Checkpoints checkpoints = new Checkpoints(folder.resolve("killed/checkpoints"), 2);
    Random random = new Random(11);
    long reached = 0;
    for (int kill = 0; kill < kills; kill++) {
      Process process = TrainMain.start(killed);
      BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
      String line = lines.readLine();
      while (line != null && !line.equals(TrainMain.READY)) {
        line = lines.readLine();
      }
      assertThat(line).as("the run begins, or goes on after kill " + kill).isEqualTo(TrainMain.READY);
      process.waitFor(random.nextInt(150), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor(); // SIGKILL
      Checkpoints.Found newest = checkpoints.newest();
      long step = newest == null ? 0 : newest.step();
      assertThat(step).as("steps after kill " + kill).isGreaterThanOrEqualTo(reached);
      reached = step;
    }
    assertThat(reached).as("the kills must fall within the run").isLessThan(steps);
    assertThat(finish(TrainMain.start(killed))).contains(TrainMain.DONE);
    assertThat(folder.resolve("killed").resolve(WEIGHTS))
        .hasSameBinaryContentAs(folder.resolve("whole").resolve(WEIGHTS));
  }

  @Test
  void shouldKeepTheLastCheckpointWhereAFileCannotBeWritten() throws Exception {
    Path config = TinyRun.write(folder, "out", 6, "checkpoint_every: 2");
    try (TrainingRun run =
        new TrainingRun(TrainingConfig.read(config), dev.langevin.backend.Backend.named("onednn"), false)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void checkpoint(long step, TrainingLog log) {
          run.stop();
        }
      });
    }
    Path first = folder.resolve("out/checkpoints/step-2/state.safetensors");
    byte[] kept = Files.readAllBytes(first);
    // Files of 100 blocks at most, where a checkpoint takes about 300: a disk that is full half-way.
    String said = finish(TrainMain.start(config, "bash", "-c", "ulimit -f 100; exec \"$0\" \"$@\""));
    assertThat(said).contains("step 4: the checkpoint cannot be written").contains("step-2 is the last good one");
    assertThat(first).hasBinaryContent(kept);
    assertThat(new Checkpoints(folder.resolve("out/checkpoints"), 2).newest().step()).isEqualTo(2);
    assertThat(finish(TrainMain.start(config))).contains(TrainMain.DONE);
  }

  /** A file where the folder of checkpoints should be: permissions would not stop a superuser. */
  @Test
  void shouldKeepACheckpointElsewhereWhereItsDiskIsGone() throws Exception {
    Path config = TinyRun.write(folder, "gone", 4, "checkpoint_every: 2");
    Path checkpoints = Files.createDirectories(folder.resolve("gone")).resolve("checkpoints");
    Files.createFile(checkpoints);
    String said = finish(TrainMain.start(config));
    Matcher kept = Pattern
        .compile("step 2: .* Free some space, move (\\S+), where this one is kept, to " + checkpoints + " and resume")
        .matcher(said);
    assertThat(kept.find()).as(said).isTrue();
    Files.delete(checkpoints);
    Path moved = Files.createDirectories(checkpoints).resolve("step-2");
    Files.createDirectory(moved);
    for (String name : List.of("run.json", "state.safetensors")) { // on another disk, where nothing can be renamed to
      Files.copy(Path.of(kept.group(1)).resolve(name), moved.resolve(name));
    }
    Checkpoints.delete(Path.of(kept.group(1)).getParent());
    assertThat(finish(TrainMain.start(config))).contains(TrainMain.DONE);
    Path whole = TinyRun.write(folder, "whole4", 4, "checkpoint_every: 2");
    assertThat(finish(TrainMain.start(whole))).contains(TrainMain.DONE);
    assertThat(folder.resolve("gone").resolve(WEIGHTS))
        .hasSameBinaryContentAs(folder.resolve("whole4").resolve(WEIGHTS));
  }

  /** A model of a run that was then made longer. */
  @Test
  void shouldKeepTheLastModelWhereTheNextCannotBeWritten() throws Exception {
    Path config = TinyRun.write(folder, "longer", 2, "checkpoint_every: 2");
    assertThat(finish(TrainMain.start(config))).contains(TrainMain.DONE);
    Path weights = folder.resolve("longer").resolve(WEIGHTS);
    byte[] before = Files.readAllBytes(weights);
    Files.createFile(folder.resolve("longer/.model.partial")); // removed, as what an earlier end has left
    String said = finish(TrainMain.start(config, "bash", "-c", "ulimit -f 2; exec \"$0\" \"$@\""));
    assertThat(said).contains("longer/model: cannot be written: ")
        .contains("step-2 holds all that was learned. Free some space and resume");
    assertThat(weights).hasBinaryContent(before);
    assertThat(folder.resolve("longer/.model.partial")).doesNotExist();
  }

  private static String finish(Process process) throws IOException, InterruptedException {
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }
}
