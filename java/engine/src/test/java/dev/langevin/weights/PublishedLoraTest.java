package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Published files of updates, where they lie beside the reference data. */
class PublishedLoraTest {

  private static Path published(String name) {
    Path reference = Path.of(System.getProperty("langevin.reference", "")).toAbsolutePath();
    Path models = reference;
    while (models != null && !Files.isDirectory(models.resolve("models/lora-real"))) {
      models = models.getParent();
    }
    assumeThat(models).as("the published LoRA files are not beside the reference data, " + reference).isNotNull();
    return models.resolve("models/lora-real").resolve(name);
  }

  /** Catches names that the tables of a published format miss, or that go to a layer of another shape. */
  @Test
  void shouldPlaceEveryKeyOfDiffusersOlderNames() {
    try (LoraFile file = LoraFile.open(published("pytorch_lora_weights.safetensors"))) {
      Map<String, List<WeightUpdate>> updates = file.updates(StableDiffusionWeights.components());
      assertThat(updates.keySet()).containsExactly("unet");
      assertThat(updates.get("unet")).hasSize(128);
      assertThat(file.tokens()).isEmpty();
    }
  }

  /** Catches a numbering that is not the trainer's: shapes would not fit. */
  @Test
  void shouldPlaceEveryKeyOfCloneofsimosNumbers() {
    try (LoraFile file = LoraFile.open(published("lora_disney.safetensors"))) {
      Map<String, List<WeightUpdate>> updates = file.updates(StableDiffusionWeights.components());
      assertThat(updates.get("unet")).hasSize(144);
      assertThat(updates.get("text_encoder")).hasSize(48);
      assertThat(file.tokens().get("text_encoder")).containsOnlyKeys("<s1>", "<s2>");
      assertThat(updates.get("unet")).extracting(WeightUpdate::weight).doesNotHaveDuplicates()
          .contains("mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0.weight");
    }
  }
}
