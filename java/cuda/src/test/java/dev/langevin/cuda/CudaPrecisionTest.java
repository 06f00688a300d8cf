package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.NotFiniteException;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole models in the precisions of a GPU. */
class CudaPrecisionTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");

  private static final Path MODEL = MODELS.resolve("pipelines_sd/_models/sd1");

  /** Of a picture of several steps; of the same one in int8 on a processor, the difference is 0.025. */
  private static final double MOST_OF_BYTES = 0.05;

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @BeforeEach
  @AfterEach
  void reset() {
    EmulatedDriver.control("reset");
  }

  private static Tensor picture(Precision precision, double guidance) {
    try (Pipeline model = Pipelines.open(MODEL, LoadOptions.builder().backend("cuda").precision(precision).build())) {
      return model.generate(
          GenerationRequest.prompt("a fox").size(48, 48).steps(4).guidance(guidance).seed(1).build()).pictures();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16", "INT8"})
  void shouldMakeAPictureCloseToThatInFullPrecision(Precision precision) {
    double difference =
        HalfValuesTest.difference(picture(precision, 7.5).toFloats(), picture(Precision.F32, 7.5).toFloats());
    System.out.printf("a picture in %s differs from that in f32 by %.2e%n", precision, difference);
    assertThat(difference).isBetween(HalfValuesTest.LEAST.get(precision),
        precision == Precision.INT8 ? MOST_OF_BYTES : HalfValuesTest.MOST.get(precision));
  }

  /** Catches a device that computes in another precision than its pictures say, and one that is opened to be asked. */
  @Test
  void shouldUsuallyComputeInF16() {
    EmulatedDriver.control("devices=0");
    Map<String, Precision> usual = Stream.of("cuda", "cuda:3", "reference", "nobody")
        .collect(Collectors.toMap(name -> name, name -> LoadOptions.builder().backend(name).build().precision()));
    assertThat(usual).isEqualTo(Map.of("cuda", Precision.F16, "cuda:3", Precision.F16, "reference", Precision.F32,
        "nobody", Precision.F32));
    assertThat(LoadOptions.builder().backend("cuda").precision(Precision.BF16).build().precision())
        .isEqualTo(Precision.BF16);
  }

  /** Types in which values of a network lie on the device. */
  private static Set<DType> types(Path folder, Precision precision, String network) {
    try (Pipeline model = Pipelines.open(folder, LoadOptions.builder().backend("cuda").precision(precision).build())) {
      GenerationRequest.Builder request = GenerationRequest.prompt("a fox").size(64, 64);
      return model.operations(request.build()).get(network).stream().map(op -> op.node().output().dtype())
          .collect(Collectors.toSet());
    }
  }

  /** Catches an autoencoder whose values f16 has no room for, and one that is kept from it without need. */
  @ParameterizedTest
  @CsvSource({"pipelines_sd/_models/sd1, F16, F16", "pipelines_sdxl/_models/base, F16, BF16",
      "pipelines_sdxl/_models/base, TF32, F32", "pipelines_sdxl/_models/base, BF16, F32",
      "pipelines_sd/_models/sd1, INT8, F32"})
  void shouldComputeAutoencodersInWhatHasRoomForTheirValues(String model, Precision precision, DType between) {
    assertThat(types(MODELS.resolve(model), precision, "vae.decoder")).isEqualTo(EnumSet.of(DType.F32, between));
    assertThat(types(MODELS.resolve(model), precision, "unet"))
        .isEqualTo(EnumSet.of(DType.F32, Stored.between(precision)));
  }

  /** As the files say that were trained to stay within f16. */
  @Test
  void shouldComputeAnAutoencoderThatNeedsNoUpcastInF16(@TempDir Path folder) throws IOException {
    Path from = MODELS.resolve("pipelines_sdxl/_models/base");
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        Path to = folder.resolve(from.relativize(each).toString());
        Files.createDirectories(to.getParent());
        Files.copy(each, to);
      }
    }
    Path config = folder.resolve("vae/config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"force_upcast\": true", "\"force_upcast\": false"));
    assertThat(Files.readString(config)).isNotEqualTo(text);
    assertThat(types(folder, Precision.F16, "vae.decoder")).isEqualTo(EnumSet.of(DType.F32, DType.F16));
  }

  /** Catches a black picture: values exceed 65504 that are far within f32. */
  @Test
  void shouldTellWhichStageExceedsF16() {
    double guidance = 1e7;
    assertThat(picture(Precision.BF16, guidance).isFinite()).isTrue();
    assertThatThrownBy(() -> picture(Precision.F16, guidance)).isInstanceOf(NotFiniteException.class)
        .hasMessageMatching("stage sample: the sample holds NaN or infinite values after step \\d of \\d, timestep .*"
            + "; take a higher precision, less guidance, or another file of the weights");
  }
}
