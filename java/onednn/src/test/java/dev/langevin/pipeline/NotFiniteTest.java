package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.NotFiniteException;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A picture of NaN, which would be black, is never given. */
class NotFiniteTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");

  @TempDir
  private Path folder;

  private Path copy(String model) throws IOException {
    Path from = MODELS.resolve(model);
    Path to = folder.resolve("model");
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Path target = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(target);
        } else {
          Files.copy(each, target);
        }
      }
    }
    return to;
  }

  /** Writes a number over the last of a component's first file of weights, which is of f32 or of f16. */
  private static void poison(Path component, float value) throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(component)) {
      file = files.filter(each -> each.toString().endsWith(".safetensors")).findFirst().orElseThrow();
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).flip();
      channel.write(number, Files.size(file) - 4);
    }
  }

  private static GenerationRequest request(String model) {
    GenerationRequest.Builder request = GenerationRequest.prompt("a cat").steps(2).seed(1);
    return (model.contains("unclip") ? request.prior(2, 1.0).enlargingSteps(2) : request.size(64, 64)).build();
  }

  /**
   * Catches a family, or a component of it, whose weights nobody looks at; and numbers that are lost between two
   * stages.
   */
  @ParameterizedTest
  @CsvSource({"pipelines_sd/_models/sd1, unet", "pipelines_sd/_models/sd1, vae",
      "pipelines_sd/_models/sd1, text_encoder",
      "pipelines_unclip/_models/karlo, prior", "pipelines_unclip/_models/karlo, decoder",
      "pipelines_unclip/_models/karlo, text_proj",
      "pipelines_unclip/_models/karlo, super_res_first", "pipelines_unclip/_models/karlo, super_res_last"})
  void shouldRefuseWeightsOfNan(String model, String component) throws IOException {
    Path root = copy(model);
    poison(root.resolve(component), Float.NaN);
    assertThatThrownBy(() -> Pipelines.open(root)).isInstanceOf(WeightsException.class)
        .hasMessageContaining(component).hasMessageContaining("1 tensors hold NaN or infinite values, such as [");
    List<String> warnings = new ArrayList<>();
    try (Pipeline pipeline =
        Pipelines.open(root, LoadOptions.builder().allowNan(true).warnings(warnings::add).build())) {
      assertThat(warnings).anyMatch(warning -> warning.contains("1 tensors hold NaN or infinite values, such as ["));
      try {
        float[] pictures = pipeline.generate(request(model)).pictures().toFloats();
        for (float value : pictures) {
          assertThat(Float.isFinite(value)).isTrue(); // the tensor is one that this picture needs not
        }
      } catch (NotFiniteException e) {
        assertThat(e).hasMessageMatching(
            "stage \\w+: .* NaN or infinite values.*; take a higher precision, less guidance, or another file"
                + " of the weights");
      }
    }
  }

  /** Catches an overflow in the midst of finite weights: the step is named. */
  @Test
  void shouldNameTheStepAtWhichNumbersAreLost() {
    try (Pipeline pipeline = Pipelines.open(MODELS.resolve("pipelines_sd/_models/sd1"))) {
      assertThatThrownBy(
          () -> pipeline.generate(GenerationRequest.prompt("a cat").steps(4).size(64, 64).guidance(1e60).build()))
              .isInstanceOf(NotFiniteException.class)
              .hasMessageMatching(
                  "stage sample: the sample holds NaN or infinite values after step \\d of \\d, timestep [\\d.]+; .*");
      assertThat(pipeline.generate(request("sd")).pictures()).isNotNull(); // and the next request is as ever
      System.setProperty("langevin.debug", "true");
      try {
        assertThatThrownBy(() -> pipeline.generate(
            GenerationRequest.prompt("a cat").steps(4).size(64, 64).guidance(1e38).build()))
                .isInstanceOf(NotFiniteException.class)
                .hasMessageMatching("stage \\w+: .*; made again, op by op: stage \\w+: "
                    + ".* computed by .*, holds NaN or infinite values; .*");
      } finally {
        System.clearProperty("langevin.debug");
      }
    }
  }
}
