package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is checked before the first step, what a resumed run is compared by, and what a diverged one leaves. */
class RunSafetyTest {

  private static final Backend BACKEND = Backend.named("onednn");
  private static final String WEIGHTS = "model/unet/diffusion_pytorch_model.safetensors";

  @TempDir
  Path folder;

  private final List<String> warnings = new ArrayList<>();

  private long run(Path config, boolean resume) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), BACKEND, resume, warnings::add)) {
      long begin = run.step();
      run.run(new TrainingRun.Listener() {
        @Override
        public void warning(String text) {
          warnings.add(text);
        }
      });
      return begin;
    }
  }

  private Path changed(Path config, String from, String to) throws IOException {
    String text = Files.readString(config);
    assertThat(text).contains(from);
    return Files.writeString(config, text.replace(from, to));
  }

  private void assertRefused(Path config, boolean resume, String... message) {
    assertThatThrownBy(() -> run(config, resume)).isInstanceOf(TrainingException.class)
        .hasMessageContainingAll(message);
  }

  @Test
  void shouldRefuseSamplesThatCannotBeMadeBeforeTheFirstStep() throws IOException {
    Path config = TinyRun.write(folder, "out", 4);
    Files.writeString(config, Files.readString(config) + "samples: {every: 2, count: 1, sampler: euler_ancestral}\n");
    assertRefused(config, false, "samples.sampler: there is no sampler euler_ancestral");
    changed(config, "sampler: euler_ancestral", "steps: 2000");
    assertRefused(config, false, "samples.steps is 2000, the chain has 1000");
    changed(config, "every: 2, ", "");
    assertRefused(config, false, "samples.every is missing");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void shouldRefuseEpsilonWhereNothingButNoiseIsSeen() throws IOException {
    Path config = changed(TinyRun.write(folder, "out", 4), "prediction_type: v_prediction",
        "rescale_betas_zero_snr: true, prediction_type: epsilon");
    assertRefused(config, false, "prediction_type is epsilon", "snr_gamma divides by 0", "v_prediction");
    run(changed(config, "prediction_type: epsilon", "prediction_type: v_prediction"), false);
  }

  @Test
  void shouldRefuseAnOutputThatIsAFile() throws IOException {
    Path config = TinyRun.write(folder, "out", 4);
    Files.createFile(folder.resolve("out"));
    assertRefused(config, false, "output " + folder.resolve("out") + " is a file; name a folder");
    changed(config, "output: out", "output: out/inner");
    assertRefused(config, false, "cannot be made, as " + folder.resolve("out") + " is a file");
  }

  @Test
  void shouldRefuseASecondRunInTheSameFolder() throws IOException {
    Path config = TinyRun.write(folder, "out", 2);
    try (TrainingRun first = new TrainingRun(TrainingConfig.read(config), BACKEND, false)) {
      assertRefused(config, false, "a run is going on in " + folder.resolve("out"));
      assertThat(first.run(new TrainingRun.Listener() {})).isTrue();
    }
    assertThat(folder.resolve("out/.lock")).doesNotExist();
  }

  @Test
  void shouldGoOnWhereTheCountIsLargerAndTheFolderMoved() throws IOException {
    run(TinyRun.write(folder, "out", 3), false);
    Files.move(folder.resolve("data"), folder.resolve("moved"));
    Path longer = changed(TinyRun.write(folder, "out", 6, "checkpoint_every: 4", "keep: 1"), "path: data",
        "path: moved");
    Files.writeString(longer, Files.readString(longer) + "samples: {every: 100, count: 1, steps: 2}\n");
    assertThat(run(longer, true)).isEqualTo(3);
    run(changed(TinyRun.write(folder, "whole", 6), "path: data", "path: moved"), false);
    assertThat(folder.resolve("out").resolve(WEIGHTS))
        .hasSameBinaryContentAs(folder.resolve("whole").resolve(WEIGHTS));
  }

  @Test
  void shouldNameWhatDiffers() throws IOException {
    run(TinyRun.write(folder, "out", 2), false);
    Path config = changed(TinyRun.write(folder, "out", 4, "weight_decay: 0.5"), "seed: 3", "seed: 4");
    assertRefused(config, true, "seed was 3, is 4", "steps.weight_decay was 0.01, is 0.5");
    assertRefused(TinyRun.write(folder, "out", 4, "floor: 0.1"), true, "steps.floor was the rate stays, is 0.1");
    Files.copy(folder.resolve("data/even/0.png"), folder.resolve("data/odd/0.png"));
    assertRefused(TinyRun.write(folder, "out", 4), true, "data.path leads to other pictures", "then 12 pictures",
        "now 13 pictures");
    Files.move(folder.resolve("data/odd/0.png"), folder.resolve("data/odd/1.png"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertRefused(TinyRun.write(folder, "out", 4), true, "data.path leads to other pictures");
  }

  @Test
  void shouldPassOverADamagedCheckpoint() throws IOException {
    Path config = TinyRun.write(folder, "out", 4, "checkpoint_every: 2");
    run(config, false);
    byte[] whole = Files.readAllBytes(folder.resolve("out").resolve(WEIGHTS));
    try (RandomAccessFile state =
        new RandomAccessFile(folder.resolve("out/checkpoints/step-4/state.safetensors").toFile(), "rw")) {
      state.seek(state.length() - 100);
      int there = state.read();
      state.seek(state.length() - 100);
      state.write(there ^ 1); // of the right length, so that only the checksum tells
    }
    assertThat(run(config, true)).isEqualTo(2);
    assertThat(warnings).singleElement().asString().contains("step-4 is damaged").contains("the one before");
    assertThat(folder.resolve("out").resolve(WEIGHTS)).hasBinaryContent(whole);
  }

  @Test
  void shouldCallNoCheckpointGoodFromWhichNoStepSucceeds() throws IOException {
    Path config = changed(changed(TinyRun.write(folder, "out", 50, "checkpoint_every: 1"), "learning_rate: 0.002",
        "learning_rate: 1e18"), "warmup: 3", "warmup: 0");
    assertRefused(config, false, "the run stops, and no good checkpoint is left");
    assertThat(new Checkpoints(folder.resolve("out/checkpoints"), 2).newest()).isNull();
  }

  @Test
  void shouldWriteNoModelWhoseLastStepRuinedIt() throws IOException {
    Path config = changed(changed(TinyRun.write(folder, "out", 1), "learning_rate: 0.002", "learning_rate: 1e38"),
        "warmup: 3", "warmup: 0");
    assertRefused(config, false, "step 1: ", "no model is written, and no good checkpoint is left");
    assertThat(folder.resolve("out/model")).doesNotExist();
  }

  @Test
  void shouldTellOfALossThatRises() {
    TrainingLog log = new TrainingLog();
    for (int i = 0; i < 20; i++) {
      log.add("loss", i < 10 ? 1 : 9);
    }
    assertThat(log.risen()).isNull();
    for (int i = 0; i < 20; i++) {
      log.add("loss", 46_000);
    }
    assertThat(log.risen()).isEqualTo("the loss has risen from 1.00 to 4.60e+04");
  }

  @Test
  void shouldFindPicturesWithoutALabelAtOpening() throws IOException {
    Path config = TinyRun.write(folder, "out", 2);
    StringBuilder table = new StringBuilder("file_name,label\n");
    for (int i = 0; i < 12; i++) {
      table.append(i % 2 == 0 ? "even/" : "odd/").append(i).append(".png,").append(i == 7 ? "" : i % 2).append('\n');
    }
    Files.writeString(folder.resolve("data/metadata.csv"), table);
    assertRefused(config, false, "1 of 12 pictures", "have no label: odd/7.png", "data.incomplete to leave_out");
    run(changed(config, "size: 8, channels", "size: 8, incomplete: leave_out, channels"), false);
    assertThat(folder.resolve("out/left-out.csv")).hasContent("file_name,reason\n\"odd/7.png\",\"has no label\"\n");
  }
}
