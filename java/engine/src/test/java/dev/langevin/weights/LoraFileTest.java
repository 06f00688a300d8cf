package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.langevin.graph.Activation;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoraFileTest {

  /** Zeros of a network's shapes. */
  private record Zeros(Map<String, Shape> shapes) implements NamedTensors {
    @Override
    public String origin() {
      return "zeros";
    }

    @Override
    public Set<String> names() {
      return shapes.keySet();
    }

    @Override
    public Tensor tensor(String name) {
      return Tensor.allocate(DType.F16, shapes.get(name));
    }
  }

  /** Stable Diffusion 1.5's. */
  private static Map<String, NamedTensors> components() {
    UNetConditionConfig unet = UNetConditionConfig.of(Map.of("sample_size", 64, "cross_attention_dim", 768));
    ClipConfig clip = new ClipConfig(49408, 77, 768, 3072, 12, 12, Activation.QUICK_GELU, 1e-5, 49407, 0, 0, null);
    Map<String, NamedTensors> components = new LinkedHashMap<>();
    components.put("unet", new Zeros(UNet2DCondition.graph(unet, 1, 16, 16, 77, 0, 0, false).storedWeights()));
    components.put("text_encoder", new Zeros(ClipText.graph(clip, "text_model.", 1, 77, false, List.of(), 0).storedWeights()));
    return components;
  }

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
      Map<String, List<LoraFile.Update>> updates = file.updates(components());
      assertThat(updates.keySet()).containsExactly("unet");
      assertThat(updates.get("unet")).hasSize(128);
      assertThat(file.tokens()).isEmpty();
    }
  }

  /** Catches a numbering that is not the trainer's: shapes would not fit. */
  @Test
  void shouldPlaceEveryKeyOfCloneofsimosNumbers() {
    try (LoraFile file = LoraFile.open(published("lora_disney.safetensors"))) {
      Map<String, List<LoraFile.Update>> updates = file.updates(components());
      assertThat(updates.get("unet")).hasSize(144);
      assertThat(updates.get("text_encoder")).hasSize(48);
      assertThat(file.tokens()).containsOnlyKeys("<s1>", "<s2>");
      assertThat(updates.get("unet")).extracting(LoraFile.Update::weight).doesNotHaveDuplicates()
          .contains("mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0.weight");
    }
  }

  private static Path write(Path folder, Map<String, Shape> shapes) {
    Path file = folder.resolve("lora.safetensors");
    SafetensorsWriter.write(file, shapes, DType.F32, Map.of(), (name, shape, first, chunk, count) -> {
      for (int i = 0; i < count; i++) {
        chunk[i] = name.endsWith("alpha") ? 1 : first + i + 1;
      }
    });
    return file;
  }

  /** Catches a wrong factor, a transposed product and SDXL's names of the original code. */
  @Test
  void shouldAddAlphaOverRankTimesUpTimesDown(@TempDir Path folder) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    String key = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q";
    shapes.put(key + ".lora_down.weight", Shape.of(2, 320));
    shapes.put(key + ".lora_up.weight", Shape.of(320, 2));
    shapes.put(key + ".alpha", Shape.of());
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      NamedTensors merged = MergedTensors.merge(components(), Map.of(file, 0.5)).get("unet");
      float[] weight = merged.tensor("down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight").toFloats();
      // row 1: up (3, 4), column 2: down (3, 323); 1 / 2 * 0.5 of their product
      assertThat(weight[320 + 2]).isEqualTo(0.25f * (3 * 3 + 4 * 323));
      assertThat(merged.tensor("conv_in.weight").toFloats()).containsOnly(0);
    }
  }

  /** Catches LoCon's middle convolution left out, or on the wrong side. */
  @Test
  void shouldSendTheMiddleConvolutionBetween(@TempDir Path folder) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    String key = "lora_unet_down_blocks_0_resnets_0_conv1";
    shapes.put(key + ".lora_down.weight", Shape.of(1, 320, 1, 1));
    shapes.put(key + ".lora_mid.weight", Shape.of(1, 1, 3, 3));
    shapes.put(key + ".lora_up.weight", Shape.of(320, 1, 1, 1));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      float[] weight = MergedTensors.merge(components(), Map.of(file, 1.0)).get("unet")
          .tensor("down_blocks.0.resnets.0.conv1.weight").toFloats();
      assertThat(weight[(2 * 320 + 4) * 9 + 7]).isEqualTo(3f * 5 * 8);
    }
  }

  @Test
  void shouldNameWhatHasNoPlace(@TempDir Path folder) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("unet.down_blocks.7.nowhere.lora_A.weight", Shape.of(1, 320));
    shapes.put("lora_unet_conv_in.hada_w1_a", Shape.of(1, 4));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      assertThatThrownBy(() -> file.updates(components())).isInstanceOf(WeightsException.class).hasMessageEndingWith(
          "lora.safetensors: 2 of 2 tensors have no place in the model's [unet, text_encoder]: "
              + "unet.down_blocks.7.nowhere.lora_A.weight, lora_unet_conv_in.hada_w1_a; is the LoRA for another kind of model?");
    }
  }

  @Test
  void shouldRefuseHalfAnUpdateAndOneOfAnotherShape(@TempDir Path folder) {
    String key = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    try (LoraFile file = LoraFile.open(write(folder, Map.of(key + ".lora_A.weight", Shape.of(1, 320))))) {
      assertThatThrownBy(() -> file.updates(components())).hasMessageContaining(
          "the update of unet down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q has no up matrix");
    }
    try (LoraFile file = LoraFile.open(write(folder,
        Map.of(key + ".lora_A.weight", Shape.of(1, 640), key + ".lora_B.weight", Shape.of(320, 1))))) {
      assertThatThrownBy(() -> file.updates(components())).hasMessageContaining(
          "to_q.weight is [320, 1] x [1, 640], the layer [320, 320]; is the LoRA for another kind of model?");
    }
  }
}
