package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.HiresFix;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.RequestPlan;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files of updates that requests name: damaged, changed and replaced ones. */
class RequestLoraFilesTest extends RequestLoraTestBase {

  /** Catches a file's fault that costs more than its own request, or that is told without the file's name. */
  @Test
  void shouldRefuseAFileThatCannotBeReadAndLive() throws IOException {
    Path whole = file(LoraFiles.LORA, 1);
    Path cut = folder.resolve("cut.safetensors");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(whole), 300));
    Path other = folder.resolve("other.safetensors");
    LoraFiles.write(other, Map.of("lora_unet_nowhere.lora_down.weight", Shape.of(2, 16)), 1);
    Path nan = folder.resolve("nan.safetensors");
    byte[] bytes = Files.readAllBytes(whole);
    Arrays.fill(bytes, bytes.length - 4, bytes.length, (byte) 0xff);
    Files.write(nan, bytes);
    Path missing = folder.resolve("missing.safetensors");
    assertRefused(missing, "there is no such file");
    assertRefused(folder, "holds none of adapter_model.safetensors");
    assertRefused(cut, "");
    assertRefused(other, "is the LoRA for another kind of model?");
    assertRefused(nan, "hold NaN or infinite values");
    assertThatThrownBy(() -> request().lora(whole, Double.NaN)).hasMessageContaining("must be finite");
    assertThat(pixels(model, request())).isEqualTo(base);
  }

  private static void assertRefused(Path file, String sentence) {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> model.generate(request().lora(file, 1).build())).isInstanceOf(WeightsException.class)
          .hasMessageContaining(file.toString()).hasMessageContaining(sentence)
          .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }
  }

  /** Catches updates that are remembered by their file's name, and a file that is held open. */
  @Test
  void shouldReadAFileAnewThatWasChanged() throws IOException {
    Path lora = folder.resolve("lora.safetensors");
    LoraFiles.LORA.write(lora, 1);
    float[] first = pixels(model, request().lora(lora, 1));
    Path second = file(LoraFiles.LORA, 2);
    Files.move(Files.copy(second, folder.resolve("new")), lora, StandardCopyOption.REPLACE_EXISTING);
    float[] expected = pixels(model, request().lora(second, 1));
    assertThat(pixels(model, request().lora(lora, 1))).isEqualTo(expected).isNotEqualTo(first);
    Files.write(lora, Files.readAllBytes(file(LoraFiles.LORA, 1))); // in its place
    assertThat(pixels(model, request().lora(lora, 1))).isEqualTo(first);
    assertThat(Files.readAllLines(Path.of("/proc/self/maps"))).noneMatch(line -> line.contains(lora.toString()));
    Files.delete(lora);
    assertRefused(lora, "there is no such file");
  }

  /** Catches weights of another file than the one that was checked, where a network is packed again in one request. */
  @Test
  void shouldRefuseAFileThatIsReplacedWhileItIsMerged() throws IOException {
    Path lora = file(LoraFiles.LORA, 1);
    Path other = file(LoraFiles.LORA, 2);
    GenerationRequest twice = request().lora(lora, 1).hires(new HiresFix(2, HiresFix.Method.LATENT, 0.7, 0)).build();
    RequestPlan whole = model.plan(twice);
    long limit = new RequestPlan(whole.networks(), whole.stages(), whole.pictures(), true).peakBytes();
    try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(limit).build())) {
      assertThat(own.plan(twice).inTurn()).isTrue();
      assertThatThrownBy(() -> own.generate(twice, (step, total, preview) -> {
        try {
          Files.move(Files.copy(other, folder.resolve("new"), StandardCopyOption.REPLACE_EXISTING), lora,
              StandardCopyOption.REPLACE_EXISTING);
          return true;
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }, new CancellationToken())).isInstanceOf(WeightsException.class)
          .hasMessage(lora + ": was replaced while its updates were merged; ask again");
      assertThat(pixels(own, request().lora(lora, 1))).isEqualTo(pixels(model, request().lora(other, 1)));
    }
  }
}
