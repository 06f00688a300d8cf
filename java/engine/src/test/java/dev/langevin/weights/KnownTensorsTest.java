package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownTensorsTest {

  /** Catches a tensor without a place that nothing lets pass, or that hides a missing one. */
  @Test
  void shouldLeaveOutWhatHasNoPlaceWhereThePolicyLetsIt(@TempDir Path folder) {
    Path path = new StoredFile().floats("a", new float[2], 2).floats("more", new float[1], 1)
        .write(folder.resolve("model.safetensors"));
    List<String> told = new ArrayList<>();
    try (WeightFile file = WeightFile.open(path)) {
      file.requireFit(Map.of("a", Shape.of(2)), new Findings(Policy.LENIENT, told::add));
      assertThat(told).singleElement().asString()
          .contains("of 2 tensors, 1 that the network has no place for: more");
      assertThatThrownBy(() -> file.requireFit(Map.of("a", Shape.of(2)), new Findings(Policy.USUAL, told::add)))
          .isInstanceOf(WeightsException.class).hasMessage(told.getFirst());
      assertThatThrownBy(
          () -> file.requireFit(Map.of("a", Shape.of(3), "b", Shape.of(1)), new Findings(Policy.LENIENT, told::add)))
              .isInstanceOf(WeightsException.class).hasMessageContaining("1 missing: b")
              .hasMessageContaining("no place for: more").hasMessageContaining("a is [2]");
    }
  }
}
