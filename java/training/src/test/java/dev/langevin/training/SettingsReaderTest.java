package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that nobody reads, and values that would be changed, are refused wherever they stand. */
class SettingsReaderTest {

  @TempDir
  Path folder;

  private String refusal(String from, String to) throws IOException {
    Path config = TinyRun.write(folder, "out", 2);
    String text = Files.readString(config);
    assertThat(text).contains(from);
    Files.writeString(config, text.replace(from, to));
    String[] message = new String[1];
    assertThatThrownBy(() -> TrainingConfig.read(config)).isInstanceOf(TrainingException.class)
        .satisfies(e -> message[0] = e.getMessage());
    return message[0];
  }

  @Test
  void shouldNameTheNearestKeyOfANetwork() throws IOException {
    assertThat(refusal("layers_per_block: 1", "layers_per_blocks: 1")).contains(
        "out.yaml, line 6: model.unet.layers_per_blocks is no key that is known; did you mean layers_per_block?");
    assertThat(refusal("beta_schedule:", "beta_shedule:")).contains("did you mean beta_schedule?");
  }

  @Test
  void shouldRefuseWhatWouldNotBeApplied() throws IOException {
    assertThat(refusal("norm_num_groups: 4", "norm_num_groups: 4, dropout: 0.5"))
        .contains("model.unet.dropout is 0.5, must be 0");
  }

  @Test
  void shouldRefuseAKeyThatIsGivenTwice() throws IOException {
    assertThat(refusal("learning_rate: 0.002", "learning_rate: 0.002\n  learning_rate: 5.0"))
        .contains("line 15: steps.learning_rate is given twice, first in line 14");
  }

  @Test
  void shouldTellOfAllProblemsAtOnce() throws IOException {
    assertThat(refusal("seed: 3", "sed: 3\nsteps_: {}")).contains("sed is no key").contains("also line 4: steps_");
  }

  @Test
  void shouldRefuseValuesThatWouldBeCut() throws IOException {
    assertThat(refusal("batch_size: 5", "batch_size: 5.5"))
        .contains("steps.batch_size is 5.5, must be a whole number from 1 to 65536");
    assertThat(refusal("batch_size: 5", "batch_size: 0")).contains("steps.batch_size is 0");
    assertThat(refusal("seed: 3", "seed: 1e30")).contains(", must be a whole number");
    assertThat(refusal("flip: 0.5", "flip: yes")).contains("data.flip is true, must be a number from 0 to 1");
  }

  @Test
  void shouldRefuseKeysOfOtherTasks() throws IOException {
    assertThat(refusal("flip: 0.5", "variants: 3"))
        .contains("data.variants is not read in a run of task pixels, and would change nothing");
  }

  /** YAML takes numbers without a point for words. */
  @Test
  void shouldReadNumbersHoweverTheyAreWritten() throws IOException {
    Path config = TinyRun.write(folder, "out", 2);
    Files.writeString(config, Files.readString(config).replace("0.002", "2e-3").replace("count: 2", "count: 1e3")
        .replace("norm_num_groups: 4", "norm_num_groups: 4, norm_eps: 1e-6"));
    TrainingConfig read = TrainingConfig.read(config);
    assertThat(read.steps().learningRate()).isEqualTo(0.002);
    assertThat(read.steps().count()).isEqualTo(1000);
    assertThat(read.model().unet()).containsEntry("norm_eps", 1e-6);
  }

  @Test
  void shouldRefuseAliasesAndSecondDocuments() throws IOException {
    assertThat(refusal("seed: 3", "seed: &a 3\nmemory: *a")).contains("memory is an alias");
    assertThat(refusal("seed: 3", "seed: 3\n---\nseed: 4")).contains("a second document begins");
  }

  @Test
  void shouldLeaveOutWhatIsNotReadWhereThatIsLetPass() throws IOException {
    Path config = TinyRun.write(folder, "out", 2);
    Files.writeString(config, Files.readString(config).replace("seed: 3", "seed: 3\nsed: 4")
        .replace("layers_per_block: 1", "layers_per_block: 1, layers: 2"));
    List<String> warnings = new ArrayList<>();
    TrainingConfig read = TrainingConfig.read(config, new Findings(Policy.LENIENT, warnings::add));
    assertThat(warnings).hasSize(2).anyMatch(warning -> warning.contains("sed is no key that is known"));
    assertThat(read.model().unet()).doesNotContainKey("layers");
  }
}
