package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraFileTest {

  private static Path write(Path folder, Map<String, Shape> shapes) {
    return write(folder, shapes, Map.of());
  }

  /** Values 1, 2, 3, ...; of alpha 1. */
  private static Path write(Path folder, Map<String, Shape> shapes, Map<String, String> metadata) {
    Path file = folder.resolve("lora.safetensors");
    SafetensorsWriter.write(file, shapes, DType.F32, metadata, (name, shape, first, chunk, count) -> {
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
      NamedTensors merged = MergedTensors.merge(StableDiffusionWeights.components(), Map.of(file, 0.5)).get("unet");
      float[] weight = merged.tensor("down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight").toFloats();
      // row 1: up (3, 4), column 2: down (3, 323); 1 / 2 * 0.5 of their product
      assertThat(weight[320 + 2]).isEqualTo(0.25f * (3 * 3 + 4 * 323));
      assertThat(merged.tensor("conv_in.weight").toFloats()).containsOnly(0);
    }
  }

  /** Catches merged weights that pass for the model's own, whose packed form may lie in the cache. */
  @Test
  void shouldNotHaveTheIdentityOfTheModel(@TempDir Path folder) {
    Map<String, Shape> shapes =
        Map.of("lora_unet_conv_in.lora_down.weight", Shape.of(1, 4, 3, 3), "lora_unet_conv_in.lora_up.weight",
            Shape.of(320, 1, 1, 1));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      Map<String, NamedTensors> merged = MergedTensors.merge(StableDiffusionWeights.components(), Map.of(file, 1.0));
      assertThat(merged.get("unet").identity()).isNull();
      assertThat(merged.get("text_encoder").identity()).isEqualTo("zeros");
      NamedTensors learned =
          new AppendedRows(StableDiffusionWeights.components().get("text_encoder"),
              "text_model.embeddings.token_embedding.weight",
              Tensor.allocate(DType.F32, Shape.of(1, 768)));
      assertThat(learned.identity()).isNull();
    }
  }

  /** Catches a file that was written anew, of the same size and with the old time, and one at another place. */
  @Test
  void shouldTellFilesApart(@TempDir Path folder) throws IOException, InterruptedException {
    Path path = write(folder, Map.of("a", Shape.of(3)));
    Files.setLastModifiedTime(path, java.nio.file.attribute.FileTime.fromMillis(1000));
    String before = identity(path);
    assertThat(identity(path)).isEqualTo(before);
    Thread.sleep(20); // clocks of file systems tick at 4 ms or so
    write(folder, Map.of("b", Shape.of(3)));
    Files.setLastModifiedTime(path, java.nio.file.attribute.FileTime.fromMillis(1000));
    assertThat(identity(path)).isNotEqualTo(before);
    Path other = Files.copy(path, folder.resolve("other.safetensors"));
    assertThat(identity(other)).isNotEqualTo(identity(path));
  }

  private static String identity(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      return file.identity();
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
      float[] weight = MergedTensors.merge(StableDiffusionWeights.components(), Map.of(file, 1.0)).get("unet")
          .tensor("down_blocks.0.resnets.0.conv1.weight").toFloats();
      assertThat(weight[(2 * 320 + 4) * 9 + 7]).isEqualTo(3f * 5 * 8);
    }
  }

  @Test
  void shouldNameWhatHasNoPlace(@TempDir Path folder) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("unet.down_blocks.7.nowhere.lora_A.weight", Shape.of(1, 320));
    shapes.put("something", Shape.of(1, 4));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      assertThatThrownBy(() -> file.updates(StableDiffusionWeights.components())).isInstanceOf(WeightsException.class)
          .hasMessageEndingWith(
              "lora.safetensors: 2 of 2 tensors have no place in the model's [unet, text_encoder]: "
                  + "unet.down_blocks.7.nowhere.lora_A.weight, something; is the LoRA for another kind of model?");
    }
  }

  /** Catches tensors dropped in silence, or a whole file refused for one of them. */
  @Test
  void shouldTellOfWhatItLeavesOut(@TempDir Path folder) {
    Map<String, Shape> shapes = peft(TO_Q);
    shapes.put("something", Shape.of(1, 4));
    List<String> told = new ArrayList<>();
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      assertThat(file.updates(StableDiffusionWeights.components(), new Findings(Policy.USUAL, told::add)).get("unet"))
          .hasSize(1);
      assertThat(told).singleElement().asString().endsWith("something; they are left out");
      assertThatThrownBy(
          () -> file.updates(StableDiffusionWeights.components(), new Findings(Policy.STRICT, told::add)))
              .isInstanceOf(RefusedException.class).hasMessageContaining("something");
    }
  }

  @Test
  void shouldRefuseHalfAnUpdateAndOneOfAnotherShape(@TempDir Path folder) {
    String key = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    try (LoraFile file = LoraFile.open(write(folder, Map.of(key + ".lora_A.weight", Shape.of(1, 320))))) {
      assertThatThrownBy(() -> file.updates(StableDiffusionWeights.components())).hasMessageContaining(
          "the update of down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q has no up matrix");
    }
    try (LoraFile file = LoraFile.open(write(folder,
        Map.of(key + ".lora_A.weight", Shape.of(1, 640), key + ".lora_B.weight", Shape.of(320, 1))))) {
      assertThatThrownBy(() -> file.updates(StableDiffusionWeights.components())).isInstanceOf(RefusedException.class)
          .hasMessageContaining(
              "to_q is up [320, 1], down [1, 640], the layer [320, 320]; is the LoRA for another kind of model?");
      assertThat(
          file.updates(StableDiffusionWeights.components(), new Findings(Policy.LENIENT, told -> {})).get("unet"))
              .isEmpty();
    }
  }

  private static final String TO_Q = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";

  private static Map<String, Shape> peft(String... layers) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (String layer : layers) {
      shapes.put(layer + ".lora_A.weight", Shape.of(4, 320));
      shapes.put(layer + ".lora_B.weight", Shape.of(320, 4));
    }
    return shapes;
  }

  /**
   * Catches an update that is as strong as its rank says where the trainer said otherwise, in the file's free text
   * alone.
   */
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{'unet.r': 4, 'unet.lora_alpha': 8} | 8",
      "{'unet.lora_alpha': 8, 'unet.use_rslora': true} | 16",
      "{'unet.lora_alpha': 8, 'unet.alpha_pattern': {'attn2.to_q': 1, 'transformer_blocks.0.attn1.to_q': 2}} | 2",
      "{'text_encoder.lora_alpha': 8} | 4"})
  void shouldTakeAlphaFromDiffusersSettings(String settings, double alpha, @TempDir Path folder) {
    Path path = write(folder, peft(TO_Q), Map.of("lora_adapter_metadata", settings.replace('\'', '"')));
    try (LoraFile file = LoraFile.open(path)) {
      assertThat(file.updates(StableDiffusionWeights.components()).get("unet"))
          .extracting(update -> update.factor() * 4)
          .containsExactly(alpha);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "[1] | lora_adapter_metadata in its metadata is not a JSON object",
      "{ | lora_adapter_metadata in its metadata is not a JSON object",
      "{'unet.lora_alpha': 'x'} | its metadata of unet: lora_alpha is x, must be a number from -65536 to 65536",
      "{'unet.alpha_pattern': {'(a+)+': 1}} | the layer pattern '(a+)+' in its metadata is no plain name"})
  void shouldRefuseSettingsThatItDoesNotUnderstand(String settings, String message, @TempDir Path folder) {
    Path path = write(folder, peft(TO_Q), Map.of("lora_adapter_metadata", settings.replace('\'', '"')));
    assertThatThrownBy(() -> {
      try (LoraFile file = LoraFile.open(path)) {
        file.updates(StableDiffusionWeights.components());
      }
    }).isInstanceOf(WeightsException.class).hasMessageContaining(message);
  }

  /** Catches the attention's names of before diffusers 0.18 sent nowhere: a text encoder's differ from a U-Net's. */
  @Test
  void shouldPlaceATextEncodersOlderNames(@TempDir Path folder) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (String layer : List.of("to_q", "to_k", "to_v", "to_out")) {
      String key = "text_encoder.text_model.encoder.layers.3.self_attn." + layer + "_lora.";
      shapes.put(key + "down.weight", Shape.of(2, 768));
      shapes.put(key + "up.weight", Shape.of(768, 2));
    }
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      String layer = "text_model.encoder.layers.3.self_attn.";
      assertThat(file.updates(StableDiffusionWeights.components()).get("text_encoder")).extracting(WeightUpdate::weight)
          .containsExactly(
              layer + "q_proj.weight", layer + "k_proj.weight", layer + "v_proj.weight", layer + "out_proj.weight");
    }
  }

  /** Catches up and down swapped, or a list that goes to the wrong network. */
  @Test
  void shouldReadCloneofsimosLists(@TempDir Path folder) throws IOException {
    TorchFiles pickle = TorchFiles.pickle().ops("](");
    for (int layer = 0; layer < 2; layer++) {
      pickle.tensor("FloatStorage", "0", 768, 0, new int[] {768, 1}, new int[] {1, 1});
      pickle.tensor("FloatStorage", "0", 768, 0, new int[] {1, 768}, new int[] {768, 1});
    }
    Path path = folder.resolve("lora.text_encoder.pt");
    Files.write(path, TorchFiles.checkpoint(pickle.ops("e").bytes(), Map.of("0", new float[768])));
    try (LoraFile file = LoraFile.open(path)) {
      Map<String, List<WeightUpdate>> updates = file.updates(StableDiffusionWeights.components());
      assertThat(updates.keySet()).containsExactly("text_encoder");
      assertThat(updates.get("text_encoder")).extracting(WeightUpdate::weight).containsExactly(
          "text_model.encoder.layers.0.self_attn.k_proj.weight", "text_model.encoder.layers.0.self_attn.v_proj.weight");
      assertThat(updates.get("text_encoder").getFirst().parts().getFirst().shape()).isEqualTo(Shape.of(768, 1));
    }
  }

  /** Catches a file replaced by another instead of added to it, and sums in the half precision of the model. */
  @Test
  void shouldAddSeveralFilesEachWithItsWeight(@TempDir Path folder) {
    Path path = write(folder, peft(TO_Q));
    try (LoraFile one = LoraFile.open(path); LoraFile two = LoraFile.open(path)) {
      Map<LoraFile, Double> weights = new LinkedHashMap<>();
      weights.put(one, 0.5);
      weights.put(two, -0.25);
      Tensor merged =
          MergedTensors.merge(StableDiffusionWeights.components(), weights).get("unet")
              .tensor(TO_Q.substring("unet.".length()) + ".weight");
      // row 0: up (1, 2, 3, 4), column 1: down (2, 322, 642, 962); far above the largest f16, 65504 for later rows
      assertThat(merged.toFloats()[1]).isEqualTo(0.25f * (2 + 2 * 322 + 3 * 642 + 4 * 962));
      assertThat(merged.isFinite()).isTrue();
    }
  }

  /**
   * Catches an update that is scaled with the codes, or added to them, and one that keeps its place where a part is
   * asked for.
   */
  @Test
  void shouldAddToWhatScaledNumbersStandFor(@TempDir Path folder) {
    Path base = new StoredFile().float8("mid.weight", Float8.F8_E4M3, new float[] {1, 2, -3, 0.5f, 0, 8}, 2, 3)
        .floats("mid.weight_scale", new float[] {3, 5}, 2, 1).write(folder.resolve("base.safetensors"));
    Path update = new StoredFile().floats("unet.mid.lora_A.weight", new float[] {1, 10, 100}, 1, 3)
        .floats("unet.mid.lora_B.weight", new float[] {2, 3}, 2, 1).write(folder.resolve("lora.safetensors"));
    try (WeightFile unet = WeightFile.open(base); LoraFile lora = LoraFile.open(update)) {
      Tensor merged = MergedTensors.merge(Map.of("unet", unet), Map.of(lora, 1.0)).get("unet").tensor("mid.weight");
      assertThat(merged.toFloats()).containsExactly(3 + 2, 6 + 20, -9 + 200, 2.5f + 3, 30, 40 + 300);
      assertThat(merged.row(1).toFloats()).containsExactly(2.5f + 3, 30, 40 + 300);
      float[] part = new float[3];
      merged.copyFloats(2, 3, MemorySegment.ofArray(part));
      assertThat(part).containsExactly(-9 + 200, 2.5f + 3, 30);
    }
  }

  /** Catches a NaN that is merged unseen, since the check of a model's values does not merge them. */
  @Test
  void shouldNameTheWeightsThatAnUpdateMakesNaN(@TempDir Path folder) {
    Path path = folder.resolve("lora.safetensors");
    SafetensorsWriter.write(path, peft(TO_Q), DType.F32, Map.of(),
        (name, shape, first, chunk, count) -> Arrays.fill(chunk, Float.NaN));
    try (LoraFile file = LoraFile.open(path)) {
      assertThat(MergedTensors.merge(StableDiffusionWeights.components(), Map.of(file, 1.0)).get("unet").notFinite())
          .containsExactly(TO_Q.substring("unet.".length()) + ".weight");
    }
  }

  /** Catches SDXL's layers sent to others of the same shape: where each lies in the original code. */
  @ParameterizedTest
  @CsvSource({
      "input_blocks_0_0, conv_in",
      "input_blocks_2_0_in_layers_2, down_blocks.0.resnets.1.conv1",
      "input_blocks_3_0_op, down_blocks.0.downsamplers.0.conv",
      "input_blocks_4_0_skip_connection, down_blocks.1.resnets.0.conv_shortcut",
      "input_blocks_5_1_transformer_blocks_1_attn2_to_k, down_blocks.1.attentions.1.transformer_blocks.1.attn2.to_k",
      "input_blocks_8_1_transformer_blocks_9_ff_net_0_proj,"
          + " down_blocks.2.attentions.1.transformer_blocks.9.ff.net.0.proj",
      "middle_block_0_emb_layers_1, mid_block.resnets.0.time_emb_proj",
      "middle_block_1_proj_in, mid_block.attentions.0.proj_in",
      "middle_block_2_out_layers_3, mid_block.resnets.1.conv2",
      "output_blocks_2_2_conv, up_blocks.0.upsamplers.0.conv",
      "output_blocks_5_1_transformer_blocks_0_attn1_to_out_0,"
          + " up_blocks.1.attentions.2.transformer_blocks.0.attn1.to_out.0",
      "output_blocks_8_0_skip_connection, up_blocks.2.resnets.2.conv_shortcut",
      "time_embed_2, time_embedding.linear_2",
      "label_emb_0_0, add_embedding.linear_1",
      "out_2, conv_out"})
  void shouldFindSdxlsLayersByTheirOriginalNames(String original, String layer) {
    UNetConditionConfig sdxl =
        UNetConditionConfig.of(Map.ofEntries(Map.entry("block_out_channels", List.of(320, 640, 1280)),
            Map.entry("down_block_types", List.of("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D")),
            Map.entry("up_block_types", List.of("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")),
            Map.entry("transformer_layers_per_block", List.of(1, 2, 10)),
            Map.entry("attention_head_dim", List.of(5, 10, 20)),
            Map.entry("cross_attention_dim", 2048), Map.entry("use_linear_projection", true),
            Map.entry("addition_embed_type", "text_time"),
            Map.entry("addition_time_embed_dim", 256), Map.entry("projection_class_embeddings_input_dim", 2816)));
    LoraLayers layers = new LoraLayers(UNet2DCondition.graph(sdxl, 1, 8, 8, 77, 6, 0, false).storedWeights().keySet());
    assertThat(layers.find(original)).isEqualTo(layer);
  }

  /** Catches shapes that are trusted: an index outside an array in place of a message. */
  @Test
  void shouldRefuseTensorsThatAreNoMatricesAndLayersTwice(@TempDir Path folder) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(TO_Q + ".lora_A.weight", Shape.of());
    shapes.put(TO_Q + ".lora_B.weight", Shape.of(320, 0));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      assertThatThrownBy(() -> file.updates(StableDiffusionWeights.components())).isInstanceOf(RefusedException.class)
          .hasMessageContaining("to_q is up [320, 0], down [], the layer [320, 320]");
    }
    shapes = peft(TO_Q);
    shapes.put(TO_Q + ".alpha", Shape.of(2));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      assertThatThrownBy(() -> file.updates(StableDiffusionWeights.components())).isInstanceOf(WeightsException.class)
          .hasMessageContaining("to_q is [2], must be one finite number");
    }
    shapes = peft(TO_Q);
    shapes.put("lora_unet_" + TO_Q.substring("unet.".length()).replace('.', '_') + ".lora_up.weight", Shape.of(320, 4));
    try (LoraFile file = LoraFile.open(write(folder, shapes))) {
      assertThatThrownBy(() -> file.updates(StableDiffusionWeights.components())).isInstanceOf(WeightsException.class)
          .hasMessageContaining("is a second tensor of its layer");
    }
  }
}
