package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code langevin inspect} on what people have: whole folders and files, and such with something missing. */
class InspectTest {

  @TempDir
  private Path folder;

  @Test
  void shouldNameAWholeFolder() throws IOException {
    Path model = EmbeddedModel.FASHION.unpack();
    Outcome outcome = run("inspect", "--wide", model.toString(), "--values");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).contains("diffusers folder").contains("safetensors").contains("DDPMScheduler")
        .contains("epsilon")
        .containsPattern("unet +UNet2DModel +\\d+ +\\d+ +F16 x \\d+").doesNotContain("fault")
        .doesNotContain("conv_in.weight");
    assertThat(run("inspect", "--wide", model.toString(), "--tensors").out()).contains("unet/conv_in.weight F16 [");
    Outcome network = run("inspect", "--wide", model.resolve("unet").toString());
    assertThat(network.code()).isZero();
    assertThat(network.out()).contains("folder of one network").contains("UNet2DModel");
  }

  @Test
  void shouldNameAllThatIsWrongWithAFolder() throws IOException {
    Path model = EmbeddedModel.FASHION.unpack();
    Path weights = model.resolve("unet/diffusion_pytorch_model.fp16.safetensors");
    String text = Files.readString(weights, StandardCharsets.ISO_8859_1);
    Files.writeString(weights, text.replace("\"conv_in.bias\"", "\"conv_in.hias\""), StandardCharsets.ISO_8859_1);
    Path scheduler = model.resolve("scheduler/scheduler_config.json");
    Files.writeString(scheduler, Files.readString(scheduler).replace("DDPMScheduler", "NoScheduler"));
    Path index = model.resolve("model_index.json"); // whose class counts
    Files.writeString(index, Files.readString(index).replace("DDPMScheduler", "NoScheduler"));
    Outcome outcome = run("inspect", "--wide", model.toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).contains("1 missing: conv_in.bias").contains("NoScheduler");
    Files.delete(weights);
    assertThat(run("inspect", "--wide", model.toString()).out())
        .contains("there is no diffusion_pytorch_model.safetensors");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight|8|768|LoRA in kohya's"
          + " naming for SD 1.x",
      "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight|8|2048|LoRA in kohya's naming for SD"
          + " XL",
      "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight|8|1024|LoRA in PEFT's naming for"
          + " SD 2.x",
      "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora.down.weight|8|768|LoRA in diffusers' naming for"
          + " SD 1.x",
      "mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight|8|768|LoRA in the naming of"
          + " diffusers' attention processors for SD 1.x",
      "unet:0:down|8|320|LoRA in cloneofsimo's naming",
      "lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight|8|768|LoRA in kohya's naming",
      "lora_unet_mid_block_attentions_0_proj_in.hada_w1_a|8|320|LyCORIS",
      "<cat>|2|768|textual inversion for SD 1.x",
      "emb_params|2|1024|textual inversion for SD 2.x",
      "clip_g|2|1280|textual inversion for SD XL",
      "a word of mine|2|768|textual inversion for SD 1.x",
      "decoder.mid.block_1.conv1.weight|8|8|VAE only, in the original naming",
      "decoder.mid_block.resnets.0.conv1.weight|8|8|VAE only",
      "3.conv.2.weight|8|8|tiny autoencoder's encoder or decoder in its author's naming",
      "controlnet_down_blocks.0.weight|8|8|ControlNet",
      "control_model.zero_convs.0.0.weight|8|8|ControlNet in the original naming",
      "text_model.encoder.layers.0.self_attn.q_proj.weight|8|8|CLIP text encoder"})
  void shouldTellKindsApartByNames(String name, int rows, int columns, String kind) throws IOException {
    Outcome outcome = run("inspect", "--wide", write(Map.of(name, new int[] {rows, columns})).toString());
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out().lines().findFirst()).hasValue("kind               " + kind);
    assertThat(outcome.out().contains("rank               8")).isEqualTo(kind.contains("LoRA"));
  }

  @Test
  void shouldNotPassWhatItDoesNotKnow() throws IOException {
    Outcome outcome = run("inspect", "--wide",
        write(Map.of("layers.0.weight", new int[] {3, 4}, "layers.1.weight", new int[] {3, 4})).toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).contains("unknown").contains("fault").contains("those of no kind of weights known here");
    assertThat(run("inspect", "--wide", "nowhere").err()).contains("nowhere: there is no such file");
    assertThat(run("inspect", "--wide", folder.toString()).err()).contains("neither model_index.json nor config.json");
  }

  /** Catches weights that lie about unread without a word, a text of the file, and what to do with the model. */
  @Test
  void shouldTellWhatIsUnreadAndWhatWouldLoadIt() throws IOException {
    Path model = EmbeddedModel.FASHION.unpack();
    Files.write(model.resolve("unet/diffusion_pytorch_model.non_ema.bin"), new byte[1234]);
    Files.copy(model.resolve("unet"), model.resolve("unet_ema"));
    Files.copy(model.resolve("unet/diffusion_pytorch_model.fp16.safetensors"),
        model.resolve("unet_ema/diffusion_pytorch_model.safetensors"));
    Outcome outcome = run("inspect", "--wide", model.toString());
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).contains("1 files (1,234 bytes): diffusion_pytorch_model.non_ema.bin")
        .containsPattern("unread unet_ema +[0-9,]+ bytes: averages")
        .containsPattern("loaded by +langevin generate --model " + model);
    Path index = model.resolve("model_index.json");
    Files.writeString(index, Files.readString(index).replaceFirst("\"_class_name\": *\"[^\"]*\"",
        "\"_class_name\": \"StableDiffusionPipeline\""));
    assertThat(run("inspect", "--wide", model.toString()).out()).contains("names no vae, no text_encoder");
    assertThat(run("inspect", "--wide", write(Map.of("<cat>", new int[] {2, 768})).toString()).out())
        .contains("--embedding ").contains("<cat>, 2 vectors for the text_encoder");
  }

  /** Catches networks of a folder that are passed over. */
  @Test
  void shouldKnowEveryNetworkOfUnClip() {
    for (String model : new String[] {"karlo", "karlo_variation"}) {
      Outcome outcome =
          run("inspect", "--wide", "../engine/src/test/resources/reference/pipelines_unclip/_models/" + model);
      assertThat(outcome.code()).isZero();
      assertThat(outcome.out()).contains("UnCLIPTextProjModel").doesNotContain("not known here");
    }
  }

  @ParameterizedTest
  @CsvSource("compact_x2, Real-ESRGAN's compact network")
  void shouldKnowNetworksThatEnlarge(String name, String words) {
    String file = "../engine/src/test/resources/reference/esrgan/" + name + "/model.pth";
    Outcome outcome = run("inspect", "--wide", file, "--values");
    assertThat(outcome.code()).as(outcome.out()).isZero();
    assertThat(outcome.out()).contains("upscaler, " + words).contains("langevin upscale PICTURE --model");
  }

  /** Catches columns that grew, and what is lost where they are broken. */
  @Test
  void shouldFitATerminalUnlessAskedForAllColumns() throws IOException {
    String model = EmbeddedModel.FASHION.unpack().toString();
    Outcome narrow = run("inspect", model, "--tensors");
    assertThat(narrow.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    Outcome wide = run("inspect", "--wide", model, "--tensors");
    assertThat(wide.out().replaceAll("\\s+", " ")).isEqualTo(narrow.out().replaceAll("\\s+", " "));
    assertThat(wide.out().lines().mapToInt(String::length).max().orElse(0)).isGreaterThan(80);
  }

  /** Catches a checkpoint that lost its U-Net and passes for an autoencoder. */
  @Test
  void shouldMissTheUNet() throws IOException {
    Outcome outcome = run("inspect", "--wide", write(Map.of("first_stage_model.decoder.mid.block_1.conv1.weight",
        new int[] {8, 8}, "cond_stage_model.transformer.text_model.final_layer_norm.weight", new int[] {8, 1},
        "model_ema.diffusion_modelinput_blocks00weight", new int[] {8, 8})).toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).contains("a checkpoint without a U-Net: of 3 tensors, 1 are a text encoder, 1 are an"
        + " autoencoder, 1 are averages");
  }

  @Test
  void shouldSayWhyACheckpointIsBroken() throws IOException {
    Outcome outcome = run("inspect", "--wide", write(Map.of(
        "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight", new int[] {4, 768})).toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).contains("single file in the original naming for SD 1.x")
        .contains("there is no tensor 'model.diffusion_model.");
  }

  /** A safetensors file of zeros. */
  private Path write(Map<String, int[]> shapes) throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    int at = 0;
    for (Map.Entry<String, int[]> entry : shapes.entrySet()) {
      int end = at + 4 * entry.getValue()[0] * entry.getValue()[1];
      header.put(entry.getKey(), Map.of("dtype", "F32", "shape", entry.getValue(), "data_offsets", List.of(at, end)));
      at = end;
    }
    byte[] json = new ObjectMapper().writeValueAsBytes(header);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + at).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    return Files.write(folder.resolve("weights.safetensors"), file.array());
  }
}
