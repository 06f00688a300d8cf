package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands beside the updates in a file or a folder of them, and the names that layers go by. */
class LoraSettingsTest {

  private static final int OUT = 6;
  private static final int IN = 4;

  @TempDir
  private Path folder;

  private final Random random = new Random(1);
  private final StoredFile file = new StoredFile();

  private final Map<String, NamedTensors> model = Map.of("unet", new GivenTensors(Map.of(
      "mid.weight", Tensor.ofFloats(draw(OUT * IN), OUT, IN), "mid.bias", Tensor.ofFloats(draw(OUT), OUT))));

  private float[] draw(int count) {
    float[] drawn = new float[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = random.nextFloat(-1, 1);
    }
    return drawn;
  }

  /** Catches a reader of PEFT's file that is asked for the folder alone, and settings passed over. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{'r': 2, 'lora_alpha': 6} | 3", "{'r': 2} | 4", "{'lora_alpha': 6, 'use_rslora': true} | 4.2426",
      "{'lora_alpha': 6, 'alpha_pattern': {'mid': 1}} | 0.5"})
  void shouldReadTheSettingsBesideAnAdapter(String settings, double factor) throws IOException {
    file.floats("base_model.model.mid.lora_A.weight", draw(2 * IN), 2, IN)
        .floats("base_model.model.mid.lora_B.weight", draw(2 * OUT), OUT, 2)
        .write(folder.resolve("adapter_model.safetensors"));
    Files.writeString(folder.resolve("adapter_config.json"), settings.replace('\'', '"'));
    for (Path path : List.of(folder, folder.resolve("adapter_model.safetensors"))) {
      try (LoraFile lora = LoraFile.open(path)) {
        assertThat(lora.updates(model).get("unet")).singleElement()
            .satisfies(update -> assertThat(update.factor()).isCloseTo(factor, within(1e-4)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"'fan_in_fan_out': true", "'init_lora_weights': 'pissa_niter_4'",
      "'init_lora_weights': 'olora'", "'init_lora_weights': 'loftq'", "'init_lora_weights': 'corda'",
      "'layer_replication': [[0, 4]]", "'peft_type': 'LOHA'", "'use_dora': true"})
  void shouldRefuseSettingsThatMeanAnotherUpdate(String setting) throws IOException {
    Path path = file.floats("base_model.model.mid.lora_A.weight", draw(2 * IN), 2, IN)
        .floats("base_model.model.mid.lora_B.weight", draw(2 * OUT), OUT, 2)
        .write(folder.resolve("adapter_model.safetensors"));
    Files.writeString(folder.resolve("adapter_config.json"), "{" + setting.replace('\'', '"') + "}");
    try (LoraFile lora = LoraFile.open(path)) {
      assertThatThrownBy(() -> lora.updates(model)).isInstanceOf(RefusedException.class);
      assertThat(lora.updates(model, new Findings(Policy.LENIENT, told -> {})).get("unet")).hasSize(1);
    }
  }

  /** Catches biases and whole layers that PEFT trained and saved, left out. */
  @Test
  void shouldTakeWhatPeftSavesWhole() {
    float[] own = draw(OUT);
    Path path = file.floats("base_model.model.mid.bias", own, OUT).write(folder.resolve("adapter_model.safetensors"));
    try (LoraFile lora = LoraFile.open(path)) {
      assertThat(MergedTensors.merge(model, Map.of(lora, 1.0)).get("unet").tensor("mid.bias").toFloats())
          .containsExactly(own);
    }
  }

  @Test
  void shouldLearnTheTokensOfABundle() {
    float[] vector = draw(8);
    file.floats("bundle_emb.my.token.string_to_param.*", vector, 1, 8).floats("bundle_emb.two.clip_g", vector, 2, 4);
    file.floats("lora_unet_mid.diff", draw(OUT * IN), OUT, IN);
    try (LoraFile lora = LoraFile.open(file.write(folder.resolve("lora.safetensors")))) {
      assertThat(lora.tokens().get("text_encoder").get("my.token").toFloats()).containsExactly(vector);
      assertThat(lora.tokens().get("text_encoder_2").get("two").shape().dims()).containsExactly(2, 4);
      assertThat(lora.updates(model, new Findings(Policy.STRICT, told -> {})).get("unet")).hasSize(1);
    }
  }

  @Test
  void shouldRefuseAFileOfNothing() {
    Path path = file.write(folder.resolve("lora.safetensors"));
    assertThatThrownBy(() -> LoraFile.open(path)).isInstanceOf(WeightsException.class)
        .hasMessage(path + ": holds no tensors; was the file downloaded whole?");
  }

  /** Catches a notation that goes nowhere or to another network, such as the refiner's text encoder. */
  @ParameterizedTest
  @CsvSource({
      "lora_unet_down_blocks_0_resnets_0_conv1.diff, unet",
      "lycoris_down_blocks_0_resnets_0_conv1.diff, unet",
      "unet.down_blocks.0.resnets.0.conv1.diff, unet",
      "down_blocks.0.resnets.0.conv1.diff, unet",
      "diffusion_model.input_blocks.1.0.in_layers.2.diff, unet",
      "lora_unet_input_blocks_1_0_in_layers_2.diff, unet",
      "model.diffusion_model.input_blocks.1.0.in_layers.2.diff, unet",
      "lora_te_text_model_encoder_layers_0_mlp_fc1.diff, text_encoder_2",
      "lora_te2_text_model_encoder_layers_0_mlp_fc1.diff, text_encoder_2",
      "text_encoder.text_model.encoder.layers.0.mlp.fc1.diff, text_encoder_2",
      "text_encoders.clip_g.transformer.text_model.encoder.layers.0.mlp.fc1.diff, text_encoder_2",
      "base_model.model.text_model.encoder.layers.0.mlp.fc1.diff, text_encoder_2"})
  void shouldPlaceEveryNotation(String key, String component) {
    Map<String, NamedTensors> refiner = Map.of("unet",
        new GivenTensors(Map.of("down_blocks.0.resnets.0.conv1.weight", Tensor.ofFloats(draw(OUT * IN), OUT, IN))),
        "text_encoder_2",
        new GivenTensors(
            Map.of("text_model.encoder.layers.0.mlp.fc1.weight", Tensor.ofFloats(draw(OUT * IN), OUT, IN))));
    try (LoraFile lora =
        LoraFile.open(file.floats(key, draw(OUT * IN), OUT, IN).write(folder.resolve("lora.safetensors")))) {
      assertThat(lora.updates(refiner)).containsOnlyKeys(component);
    }
  }
}
