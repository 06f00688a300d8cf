package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed loses no more than the steps since its last checkpoint, and ends in the weights of one that was not. */
class KilledRunTest {

  private static final int KILLS = 20;
  private static final long STEPS = 600;
  private static final String[] SETTINGS = {"checkpoint_every: 7"};
  private static final String WEIGHTS = "model/unet/diffusion_pytorch_model.safetensors";

  @TempDir
  Path folder;

  @Test
  void shouldEndInTheSameWeightsAfterTwentyKills() throws Exception {
    Path whole = TinyRun.write(folder, "whole", STEPS, SETTINGS);
    assertThat(finish(TrainMain.start(whole))).contains(TrainMain.DONE);
    Path killed = TinyRun.write(folder, "killed", STEPS, SETTINGS);
    Checkpoints checkpoints = new Checkpoints(folder.resolve("killed/checkpoints"), 2);
    Random random = new Random(11);
    long reached = 0;
    for (int kill = 0; kill < KILLS; kill++) {
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
    assertThat(reached).as("the kills must fall within the run").isLessThan(STEPS);
    assertThat(finish(TrainMain.start(killed))).contains(TrainMain.DONE);
    assertThat(folder.resolve("killed").resolve(WEIGHTS)).hasSameBinaryContentAs(folder.resolve("whole").resolve(WEIGHTS));
  }

  @Test
  void shouldKeepTheLastCheckpointWhereAFileCannotBeWritten() throws Exception {
    Path config = TinyRun.write(folder, "out", 6, "checkpoint_every: 2");
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), dev.langevin.backend.Backend.named("onednn"), false)) {
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

  private static String finish(Process process) throws IOException, InterruptedException {
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }
}
