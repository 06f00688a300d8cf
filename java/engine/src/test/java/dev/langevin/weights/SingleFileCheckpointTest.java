package dev.langevin.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.models.AutoencoderKL;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files with the names and shapes of the published models: all of a file goes to the networks of the published
 * configurations, and they get all that they read. A table that misses a block, or counts it to another size, fails
 * here by name.
 */
class SingleFileCheckpointTest {

  private static final String LAST_BIAS = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias";

  @TempDir
  private Path folder;

  @Test
  void shouldPlaceEveryTensorOfStableDiffusion1() throws IOException {
    try (SingleFileCheckpoint checkpoint = open(OriginalLayout.sd1(4))) {
      assertThat(checkpoint.family()).isEqualTo(CheckpointFamily.SD1);
      assertThat(checkpoint.use()).isEqualTo(CheckpointUse.PICTURES);
      assertThat(checkpoint.components()).containsOnly(Map.entry("unet", "UNet2DConditionModel"),
          Map.entry("vae", "AutoencoderKL"),
          Map.entry("text_encoder", "CLIPTextModel"), Map.entry("scheduler", "PNDMScheduler"));
      assertThat(checkpoint.config("unet")).containsEntry("attention_head_dim", 8)
          .containsEntry("cross_attention_dim", 768)
          .containsEntry("block_out_channels", List.of(320, 640, 1280, 1280)).containsEntry("layers_per_block", 2)
          .containsEntry("use_linear_projection", false).containsEntry("sample_size", 64)
          .containsEntry("down_block_types",
              List.of("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"))
          .containsEntry("up_block_types",
              List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"));
      assertThat(checkpoint.config("text_encoder")).containsEntry("num_attention_heads", 12)
          .containsEntry("hidden_act", "quick_gelu")
          .containsEntry("eos_token_id", 49407);
      assertThat(checkpoint.schedulerConfig()).containsEntry("prediction_type", "epsilon").containsEntry("steps_offset",
          1);
      assertThat(CheckpointFit.unet(checkpoint, 0)).isEqualTo(859_520_964);
      assertThat(CheckpointFit.vae(checkpoint)).isEqualTo(83_653_863);
      assertThat(CheckpointFit.text(checkpoint, "text_encoder")).isEqualTo(123_060_480);
    }
  }

  /** Catches a name that has a way there and none back, or another shape then, and a model that is read as another. */
  @ParameterizedTest
  @CsvSource({"SD1", "SD2", "SDXL", "SDXL_REFINER"})
  void shouldWriteWhatItReads(CheckpointFamily family) throws IOException {
    OriginalLayout layout = switch (family) {
      case SD1 -> OriginalLayout.sd1(9);
      case SD2 -> OriginalLayout.sd2();
      case SDXL -> OriginalLayout.sdxl();
      case SDXL_REFINER -> OriginalLayout.refiner();
    };
    try (SingleFileCheckpoint checkpoint = open(layout)) {
      Map<String, NamedTensors> networks = new LinkedHashMap<>();
      checkpoint.expectedComponents().forEach(name -> networks.put(name, checkpoint.weights(name)));
      OriginalTensors written =
          new OriginalTensors(Path.of("written.safetensors"), family, networks, Map.of(), Map.of());
      TreeSet<String> expected = new TreeSet<>(layout.shapes.keySet());
      checkpoint.unread().forEach(expected::remove);
      assertThat(new TreeSet<>(written.names())).isEqualTo(expected);
      for (String name : expected) {
        assertThat(written.tensor(name).shape()).as(name).isEqualTo(Shape.of(layout.shapes.get(name)));
      }
      SingleFileCheckpoint again = SingleFileCheckpoint.of(written, null);
      assertThat(again.components()).isEqualTo(checkpoint.components());
      for (String name : networks.keySet()) {
        assertThat(again.config(name)).isEqualTo(checkpoint.config(name));
      }
    }
  }

  /** Catches factors that are looked for under the names of a folder, or taken for tensors without a place. */
  @Test
  void shouldScaleByFactorsInTheOriginalNaming() throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    String layer = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q";
    layout.shapes.put(layer + ".scale_weight", new long[] {});
    layout.shapes.put("model.diffusion_model.scaled_fp8", new long[] {0});
    try (SingleFileCheckpoint checkpoint = open(layout)) {
      String name = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight";
      assertThat(checkpoint.weights("unet").tensor(name).encoding().name()).isEqualTo("F16 scaled");
      assertThat(CheckpointFit.unet(checkpoint, 0)).isEqualTo(859_520_964);
    }
  }

  @Test
  void shouldPlaceEveryTensorOfStableDiffusion2() throws IOException {
    try (SingleFileCheckpoint checkpoint = open(OriginalLayout.sd2())) {
      assertThat(checkpoint.family()).isEqualTo(CheckpointFamily.SD2);
      assertThat(checkpoint.config("unet")).containsEntry("attention_head_dim", List.of(5, 10, 20, 20))
          .containsEntry("use_linear_projection", true);
      assertThat(checkpoint.config("text_encoder")).containsEntry("num_hidden_layers", 23)
          .containsEntry("hidden_act", "gelu")
          .containsEntry("num_attention_heads", 16).containsEntry("intermediate_size", 4096);
      assertThat(CheckpointFit.unet(checkpoint, 0)).isEqualTo(865_910_724);
      CheckpointFit.vae(checkpoint);
      assertThat(CheckpointFit.text(checkpoint, "text_encoder")).isEqualTo(340_387_840);
    }
  }

  @Test
  void shouldPlaceEveryTensorOfStableDiffusionXl() throws IOException {
    try (SingleFileCheckpoint checkpoint = open(OriginalLayout.sdxl())) {
      assertThat(checkpoint.family()).isEqualTo(CheckpointFamily.SDXL);
      assertThat(checkpoint.config("unet")).containsEntry("attention_head_dim", List.of(5, 10, 20))
          .containsEntry("transformer_layers_per_block", List.of(1, 2, 10))
          .containsEntry("addition_embed_type", "text_time")
          .containsEntry("projection_class_embeddings_input_dim", 2816).containsEntry("sample_size", 128);
      assertThat(checkpoint.config("vae")).containsEntry("scaling_factor", 0.13025);
      assertThat(checkpoint.config("text_encoder_2")).containsEntry("num_hidden_layers", 32)
          .containsEntry("num_attention_heads", 20)
          .containsEntry("projection_dim", 1280);
      assertThat(checkpoint.schedulerConfig()).containsEntry("_class_name", "EulerDiscreteScheduler");
      assertThat(checkpoint.components()).containsEntry("text_encoder_2", "CLIPTextModelWithProjection");
      assertThat(CheckpointFit.unet(checkpoint, 6)).isEqualTo(2_567_463_684L);
      CheckpointFit.vae(checkpoint);
      assertThat(CheckpointFit.text(checkpoint, "text_encoder")).isEqualTo(123_060_480);
      assertThat(CheckpointFit.text(checkpoint, "text_encoder_2")).isEqualTo(694_659_840);
    }
  }

  @Test
  void shouldPlaceEveryTensorOfTheRefiner() throws IOException {
    try (SingleFileCheckpoint checkpoint = open(OriginalLayout.refiner())) {
      assertThat(checkpoint.family()).isEqualTo(CheckpointFamily.SDXL_REFINER);
      assertThat(checkpoint.config("unet")).containsEntry("attention_head_dim", List.of(6, 12, 24, 24))
          .containsEntry("down_block_types",
              List.of("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"));
      assertThat(checkpoint.options()).containsEntry("requires_aesthetics_score", true);
      assertThat(checkpoint.components()).containsKey("text_encoder_2").doesNotContainKey("text_encoder");
      CheckpointFit.unet(checkpoint, 5);
      CheckpointFit.vae(checkpoint);
      CheckpointFit.text(checkpoint, "text_encoder_2");
    }
  }

  @Test
  void shouldKnowInpaintingByItsNineChannels() throws IOException {
    try (SingleFileCheckpoint checkpoint = open(OriginalLayout.sd1(9))) {
      assertThat(checkpoint.use()).isEqualTo(CheckpointUse.INPAINTING);
      assertThat(checkpoint.config("unet")).containsEntry("in_channels", 9);
      CheckpointFit.unet(checkpoint, 0);
    }
    assertThatThrownBy(() -> open(OriginalLayout.sd1(8))).isInstanceOf(WeightsException.class)
        .hasMessageContaining("the U-Net reads 8 channels; known are 4, 5 for depth, 7 for an upscaler, and 9");
  }

  @Test
  void shouldLeaveOutWhatTrainingLeft() throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    for (String name : List.of("model_ema.decay", "model_ema.diffusion_modelinput_blocks00weight", "alphas_cumprod",
        "sqrt_recipm1_alphas_cumprod", "posterior_mean_coef1", "logvar", "first_stage_model.loss.logvar",
        "denoiser.sigmas",
        "cond_stage_model.transformer.text_projection.weight", "cond_stage_model.clip_l.logit_scale")) {
      layout.shapes.put(name, new long[] {2, 2});
    }
    try (SingleFileCheckpoint checkpoint = open(layout)) {
      assertThat(CheckpointFit.unet(checkpoint, 0)).isEqualTo(859_520_964);
    }
  }

  @Test
  void shouldNameTensorsWithoutAPlace() throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    layout.shapes.put("model.diffusion_model.input_blocks.1.1.time_stack.norm.weight", new long[] {4});
    layout.shapes.put("control_model.zero_convs.0.0.weight", new long[] {4});
    layout.shapes.put("model.diffusion_model.label_emb.0.0.weight", new long[] {4, 4});
    assertThatThrownBy(() -> open(layout)).isInstanceOf(RefusedException.class).hasMessageContaining("3 of ")
        .hasMessageContaining("have no place in a SD 1.x model")
        .hasMessageContaining("input_blocks.1.1.time_stack.norm.weight")
        .hasMessageContaining("control_model.zero_convs.0.0.weight").hasMessageContaining("label_emb.0.0.weight");
    List<String> told = new ArrayList<>();
    SingleFileCheckpoint.open(folder.resolve("model.safetensors"), null, false, new Findings(Policy.LENIENT, told::add))
        .close();
    assertThat(told).singleElement().asString().contains("3 of ");
  }

  /** Catches a model refused for what its training left, or that dropped in silence. */
  @Test
  void shouldTellOnceOfWhatIsNoPartOfAModel() throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    layout.shapes.put("embedding_manager.embedder.weight", new long[] {4});
    layout.shapes.put("comment", new long[] {1});
    open(layout).close();
    Path path = folder.resolve("model.safetensors");
    List<String> told = new ArrayList<>();
    SingleFileCheckpoint.open(path, null, false, new Findings(Policy.USUAL, told::add)).close();
    assertThat(told).singleElement().asString().contains(": 2 of ")
        .endsWith("as training leaves them: embedding_manager.embedder.weight, ...");
    assertThatThrownBy(() -> SingleFileCheckpoint.open(path, null, false, new Findings(Policy.STRICT, told::add)))
        .isInstanceOf(RefusedException.class);
  }

  /** An autoencoder alone, with the prefix of a checkpoint or without, is the checkpoint's. */
  @ParameterizedTest
  @ValueSource(strings = {"first_stage_model.", ""})
  void shouldReadAnAutoencoderAlone(String prefix) throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    Map<String, long[]> alone = new LinkedHashMap<>();
    layout.shapes.forEach((name, shape) -> {
      if (name.startsWith("first_stage_model.")) {
        alone.put(prefix + name.substring("first_stage_model.".length()), shape);
      }
    });
    alone.put(prefix + "loss.logvar", new long[] {1});
    Path path = SparseFile.write(folder.resolve("vae.safetensors"), alone, Map.of(), Map.of());
    List<String> told = new ArrayList<>();
    try (SingleFileCheckpoint whole = open(layout);
        AutoencoderFile file =
            AutoencoderFile.open(path, whole.autoencoderHabits(), new Findings(Policy.USUAL, told::add))) {
      assertThat(file.config()).isEqualTo(whole.config("vae"));
      assertThat(file.weights().names()).isEqualTo(whole.weights("vae").names());
    }
    assertThat(told).singleElement().asString().contains("loss.logvar");
    assertThatThrownBy(() -> AutoencoderFile.open(
        SparseFile.write(folder.resolve("no.safetensors"), Map.of("a", new long[] {1}), Map.of(), Map.of()), Map.of(),
        new Findings(Policy.USUAL, told::add))).hasMessageContaining("holds no autoencoder");
  }

  @Test
  void shouldNameWhatIsMissing() throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    layout.shapes.remove("model.diffusion_model.output_blocks.3.0.in_layers.0.weight");
    try (SingleFileCheckpoint checkpoint = open(layout)) {
      assertThatThrownBy(() -> CheckpointFit.unet(checkpoint, 0)).isInstanceOf(WeightsException.class)
          .hasMessageContaining("1 missing: up_blocks.1.resnets.0.norm1.weight");
    }
    layout.shapes.keySet().removeIf(name -> name.startsWith("first_stage_model."));
    try (SingleFileCheckpoint checkpoint = open(layout)) {
      assertThat(checkpoint.components()).doesNotContainKey("vae");
      assertThatThrownBy(() -> checkpoint.config("vae")).isInstanceOf(WeightsException.class)
          .hasMessageContaining("holds no vae");
    }
    layout.shapes.keySet().removeIf(name -> name.startsWith("model."));
    assertThatThrownBy(() -> open(layout)).isInstanceOf(WeightsException.class)
        .hasMessageContaining("there is no tensor 'model.d");
  }

  @Test
  void shouldTakeEarlyNamesOfTheTextEncoder() throws IOException {
    OriginalLayout layout = OriginalLayout.sd1(4);
    Map<String, long[]> renamed = new LinkedHashMap<>();
    layout.shapes.forEach((name, shape) -> renamed.put(name.replace("transformer.text_model.", "transformer."), shape));
    try (SingleFileCheckpoint checkpoint = open(renamed, Map.of(), Map.of())) {
      assertThat(CheckpointFit.text(checkpoint, "text_encoder")).isEqualTo(123_060_480);
    }
  }

  @Test
  void shouldKeepTheLastLayerOfATextEncoderConvertedBack() throws IOException {
    OriginalLayout layout = OriginalLayout.sd2();
    layout.shapes.keySet().removeIf(name -> name.contains("resblocks.23."));
    try (SingleFileCheckpoint checkpoint = open(layout)) {
      assertThat(CheckpointFit.text(checkpoint, "text_encoder")).isEqualTo(340_387_840);
    }
  }

  @Test
  void shouldNameAFusedProjectionThatCannotBeSplit() {
    OriginalLayout layout = OriginalLayout.sd2();
    layout.shapes.put("cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight", new long[] {3073, 1024});
    assertThatThrownBy(() -> {
      try (SingleFileCheckpoint checkpoint = open(layout)) {
        CheckpointFit.text(checkpoint, "text_encoder");
      }
    }).isInstanceOf(WeightsException.class)
        .hasMessageContaining("in_proj_weight' is [3073, 1024], must be queries, keys and values");
  }

  @Test
  void shouldSplitAndTransposeTheTextEncoder() throws IOException {
    OriginalLayout layout = OriginalLayout.sdxl();
    String prefix = "conditioner.embedders.1.model.";
    layout.shapes.keySet().removeIf(name -> name.startsWith(prefix));
    layout.openClip(prefix, 64, 1);
    float[] fused = counting(3 * 64 * 64);
    float[] bias = counting(3 * 64);
    float[] projection = counting(64 * 64);
    Map<String, float[]> values = Map.of(prefix + "transformer.resblocks.0.attn.in_proj_weight", fused,
        prefix + "transformer.resblocks.0.attn.in_proj_bias", bias, prefix + "text_projection", projection);
    try (SingleFileCheckpoint checkpoint = open(layout.shapes, values, Map.of())) {
      NamedTensors weights = checkpoint.weights("text_encoder_2");
      String attention = "text_model.encoder.layers.0.self_attn.";
      assertThat(weights.tensor(attention + "q_proj.weight").toFloats()).startsWith(0, 1, 2).hasSize(64 * 64);
      assertThat(weights.tensor(attention + "k_proj.weight").toFloats()).startsWith(64 * 64, 64 * 64 + 1);
      assertThat(weights.tensor(attention + "v_proj.weight").toFloats()).endsWith(3 * 64 * 64 - 1);
      assertThat(weights.tensor(attention + "v_proj.bias").toFloats()).startsWith(128).endsWith(191).hasSize(64);
      assertThat(weights.tensor("text_projection.weight").toFloats()).startsWith(0, 64, 128).endsWith(64 * 64 - 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"0.05, epsilon, PNDMScheduler, 64", "0.15, v_prediction, DDIMScheduler, 96"})
  void shouldTellWhatStableDiffusion2PredictsByItsWeights(float spread, String type, String scheduler, int side)
      throws IOException {
    float[] bias = new float[320];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = i % 2 == 0 ? spread : -spread;
    }
    try (SingleFileCheckpoint checkpoint = open(OriginalLayout.sd2().shapes, Map.of(LAST_BIAS, bias), Map.of())) {
      assertThat(checkpoint.schedulerConfig()).containsEntry("prediction_type", type).containsEntry("_class_name",
          scheduler);
      assertThat(checkpoint.config("unet")).containsEntry("sample_size", side);
      assertThat(checkpoint.predictionSource()).contains("the weights: " + LAST_BIAS);
    }
  }

  @Test
  void shouldBelieveMarkersHeaderAndYamlInThatOrder() throws IOException {
    OriginalLayout marked = OriginalLayout.sdxl();
    marked.shapes.put("v_pred", new long[] {0});
    marked.shapes.put("ztsnr", new long[] {0});
    try (SingleFileCheckpoint checkpoint = open(marked)) {
      assertThat(checkpoint.schedulerConfig()).containsEntry("prediction_type", "v_prediction")
          .containsEntry("rescale_betas_zero_snr", true).containsEntry("timestep_spacing", "trailing");
    }
    Map<String, String> header = Map.of("modelspec.prediction_type", "epsilon");
    try (SingleFileCheckpoint checkpoint = open(marked.shapes, Map.of(), header)) {
      assertThat(checkpoint.schedulerConfig()).containsEntry("prediction_type", "epsilon");
      assertThat(checkpoint.predictionSource()).contains("modelspec");
    }
    Files.writeString(folder.resolve("model.yaml"),
        "model: {params: {parameterization: v, linear_start: 0.001, timesteps: 500}}");
    try (SingleFileCheckpoint checkpoint = open(marked.shapes, Map.of(), header)) {
      assertThat(checkpoint.schedulerConfig()).containsEntry("prediction_type", "v_prediction")
          .containsEntry("beta_start", 0.001)
          .containsEntry("num_train_timesteps", 500);
      assertThat(checkpoint.predictionSource()).contains("YAML");
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "model: [|is not YAML",
      "other: 1|there is no model",
      "model: {params: {timesteps: 2.5}}|model.params.timesteps is 2.5, must be a whole number of at least 1",
      "model: {params: {unet_config: {params: {num_heads: some}}}}|num_heads is some, must be a whole number"})
  void shouldRefuseAYamlFileThatSaysNothingOfUse(String text, String reason) throws IOException {
    Files.writeString(folder.resolve("model.yaml"), text);
    assertThatThrownBy(() -> open(OriginalLayout.sd1(4))).isInstanceOf(WeightsException.class)
        .hasMessageContaining("model.yaml: ").hasMessageContaining(reason);
  }

  private SingleFileCheckpoint open(OriginalLayout layout) throws IOException {
    return open(layout.shapes, Map.of(), Map.of());
  }

  private SingleFileCheckpoint open(Map<String, long[]> shapes, Map<String, float[]> values,
      Map<String, String> metadata)
      throws IOException {
    Path path = folder.resolve("model.safetensors");
    Files.deleteIfExists(path);
    return SingleFileCheckpoint.open(SparseFile.write(path, shapes, values, metadata));
  }

  private static float[] counting(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }
}
