package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {

  private static final Backend BACKEND = Backend.named("onednn");
  private static final String WEIGHTS = "model/unet/diffusion_pytorch_model.safetensors";

  @TempDir
  Path folder;

  private static boolean run(Path config, boolean resume, TrainingRun.Listener listener) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, resume)) {
      return run.run(listener);
    }
  }

  private static boolean run(Path config) {
    return run(config, false, new TrainingRun.Listener() {});
  }

  @Test
  void shouldLearn() throws IOException {
    Path config = TinyRun.write(folder, "out", 60, "checkpoint_every: 30");
    float[][] losses = new float[1][];
    run(config, false, new TrainingRun.Listener() {
      @Override
      public void step(long step, TrainingLog log) {
        losses[0] = log.curve("loss");
      }
    });
    double first = 0;
    double last = 0;
    for (int i = 0; i < 15; i++) {
      first += losses[0][i];
      last += losses[0][59 - i];
    }
    assertThat(last).as("the last 15 losses against the first 15").isLessThan(0.9 * first);
  }

  @Test
  void shouldSaveAFolderThatLoads() throws IOException {
    run(TinyRun.write(folder, "out", 2));
    try (Pipeline model = Pipelines.open(folder.resolve("out/model"))) {
      assertThat(model.facts().needsClass()).isTrue();
    }
  }

  @Test
  void shouldGiveTheSameWeightsWhenItIsStoppedAndResumed() throws IOException {
    run(TinyRun.write(folder, "whole", 17, "checkpoint_every: 4", "accumulate: 2"));
    Path config = TinyRun.write(folder, "parts", 17, "checkpoint_every: 4", "accumulate: 2");
    for (int stopAt : new int[] {3, 8, 9, 17}) {
      try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, true)) {
        run.run(new TrainingRun.Listener() {
          @Override
          public void step(long step, TrainingLog log) {
            if (step == stopAt) {
              run.stop();
            }
          }
        });
      }
    }
    assertThat(folder.resolve("parts").resolve(WEIGHTS))
        .hasSameBinaryContentAs(folder.resolve("whole").resolve(WEIGHTS));
  }

  @Test
  void shouldGiveTheSameWeightsWhereActivationsAreComputedTwice() throws IOException {
    Path config = TinyRun.write(folder, "out", 3);
    long[] bytes = new long[2];
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, false)) {
      bytes[0] = run.learner().plan().size().activations();
      run.run(new TrainingRun.Listener() {});
    }
    byte[] weights = Files.readAllBytes(folder.resolve("out").resolve(WEIGHTS));
    Path less = TinyRun.write(folder, "less", 3);
    Files.writeString(less, "memory: " + bytes[0] * 4 / 5 + "\n", java.nio.file.StandardOpenOption.APPEND);
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(less), BACKEND, false)) {
      bytes[1] = run.learner().plan().size().activations();
      run.run(new TrainingRun.Listener() {});
    }
    assertThat(bytes[1]).isLessThan(bytes[0] * 4 / 5 + 1);
    assertThat(folder.resolve("less").resolve(WEIGHTS)).hasBinaryContent(weights);
  }

  @Test
  void shouldRefuseToOverwriteARun() throws IOException {
    Path config = TinyRun.write(folder, "out", 2);
    run(config);
    assertThatThrownBy(() -> run(config)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("holds a run at step 2; resume it, or use another output folder");
  }

  @Test
  void shouldRefuseToResumeWithOtherSettings() throws IOException {
    run(TinyRun.write(folder, "out", 2));
    Path other = TinyRun.write(folder, "out", 4, "weight_decay: 0.5");
    assertThatThrownBy(() -> run(other, true, new TrainingRun.Listener() {})).isInstanceOf(TrainingException.class)
        .hasMessageContaining("belongs to a run with other settings");
  }

  @Test
  void shouldStopWhereTheLossIsNoNumber() throws IOException {
    Path config = TinyRun.write(folder, "out", 50, "checkpoint_every: 2", "epsilon: 1.0e-8");
    Files.writeString(config, Files.readString(config).replace("learning_rate: 0.002", "learning_rate: 1.0e+38")
        .replace("warmup: 3", "warmup: 0"));
    assertThatThrownBy(() -> run(config)).isInstanceOf(TrainingException.class)
        .hasMessageMatching(
            "(?s)step \\d+: the loss is .*; the run stops.*Lower the learning rate, or clip the gradients");
  }

  @Test
  void shouldNameAKeyThatIsNotKnown() throws IOException {
    Path config = TinyRun.write(folder, "out", 2, "learing_rate: 1");
    assertThatThrownBy(() -> TrainingConfig.read(config)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("out.yaml, line").hasMessageContaining("learing_rate");
  }
}
