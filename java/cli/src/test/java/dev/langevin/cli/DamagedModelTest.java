package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model's folder in which something is wrong: one sentence that names it, and no picture. */
class DamagedModelTest {

  private static final String WEIGHTS = "unet/diffusion_pytorch_model.fp16.safetensors";

  @TempDir
  private Path folder;
  private Path model;
  private Path picture;

  @BeforeEach
  void copyModel() throws IOException {
    Path original = EmbeddedModel.FASHION.unpack();
    model = folder.resolve("model");
    picture = folder.resolve("out.png");
    try (Stream<Path> files = Files.walk(original)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(original.relativize(file)));
      }
    }
  }

  @Test
  void shouldNameAnUnknownClassOfTheIndex() throws IOException {
    replace("model_index.json", "DDPMPipeline", "NoSuchPipeline");
    refusedModel("NoSuchPipeline");
    replace("model_index.json", "NoSuchPipeline", "DDPMPipeline");
    replace("model_index.json", "UNet2DModel", "NoSuchModel");
    refusedModel("NoSuchModel");
  }

  @Test
  void shouldRefuseAHeaderLongerThanTheFile() throws IOException {
    byte[] bytes = Files.readAllBytes(model.resolve(WEIGHTS));
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, bytes.length);
    Files.write(model.resolve(WEIGHTS), bytes);
    refusedModel("the header is " + bytes.length + " bytes long");
  }

  @Test
  void shouldNameMissingAndUnusedTensors() throws IOException {
    replace(WEIGHTS, "\"conv_in.bias\"", "\"conv_in.hias\"");
    refusedModel("1 missing: conv_in.bias; 1 that the network has no place for: conv_in.hias");
  }

  @Test
  void shouldNameATensorOfAnotherShape() throws IOException {
    replace("unet/config.json", "\"in_channels\": 1", "\"in_channels\": 3");
    refusedModel("conv_in.weight is ");
  }

  @Test
  void shouldNameATensorOfAnotherType() throws IOException {
    replace(WEIGHTS, "F16", "I16");
    refusedModel("the network expects floating-point numbers of 8 to 64 bits");
  }

  @Test
  void shouldRefuseNaNWeightsOrWarnOfThem() throws IOException {
    byte[] bytes = Files.readAllBytes(model.resolve(WEIGHTS));
    bytes[bytes.length - 1] = 0x7e; // the last f16 value becomes NaN
    Files.write(model.resolve(WEIGHTS), bytes);
    refusedModel("hold NaN or infinite values");
    Outcome warned = run("generate", "--model", model.toString(), "--class", "1", "--steps", "1", "--allow-nan",
        "--out", picture.toString());
    assertThat(warned.code()).isEqualTo(1); // the value is one that every picture needs
    assertThat(warned.err()).contains("warning: ").contains("hold NaN or infinite values")
        .contains("stage sample: the sample holds NaN or infinite values after step 1 of 1");
    assertThat(picture).doesNotExist();
  }

  private void refusedModel(String reason) {
    Outcome outcome = run("generate", "--model", model.toString(), "--class", "1", "--steps", "1", "--out",
        picture.toString());
    assertThat(outcome.err()).contains("langevin: ").contains(reason);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(picture).doesNotExist();
  }

  /** Text of the same length inside a file of any kind. */
  private void replace(String file, String from, String to) throws IOException {
    String text = Files.readString(model.resolve(file), StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    Files.writeString(model.resolve(file), text.replace(from, to), StandardCharsets.ISO_8859_1);
  }
}
