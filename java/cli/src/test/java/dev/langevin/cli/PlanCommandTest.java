package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code langevin plan} of a model of each kind. */
class PlanCommandTest {

  private static final String REFERENCE = "../engine/src/test/resources/reference/";

  @ParameterizedTest
  @CsvSource({"pipelines_sd/_models/sd1, unet", "pipelines_sdxl/_models/base, text_encoder_2",
      "pipelines_unclip/_models/karlo, prior", "pipelines_unclip/_models/karlo_variation, decoder",
      "unet2d/_models/ddpm, unet", "esrgan/compact_x2/model.pth, upscaler"})
  void shouldKnowEveryPipelineInEightyColumns(String model, String network) {
    Outcome outcome = run("plan", "--model", REFERENCE + model);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("\n" + network + ":\n").contains(" at a time");
    assertThat(outcome.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void shouldKnowTheNetworkInThisProgram() {
    assertThat(run("plan", "--model", "esrgan-slim", "--size", "64x32").out()).contains("upscaler:\n");
  }

  /** Catches a table whose sum is not that of its lines, and a precision that plans nothing else. */
  @Test
  void shouldTellTheSameAsAnObject() throws Exception {
    JsonNode f32 = object("plan", "--model", REFERENCE + "pipelines_sd/_models/sd1");
    long weights = 0;
    for (JsonNode network : f32.get("networks")) {
      for (JsonNode operation : network.get("operations")) {
        weights += operation.get("weight_bytes").asLong();
      }
    }
    assertThat(f32.get("weights_bytes").asLong()).isEqualTo(weights).isPositive();
    JsonNode int8 = object("plan", "--model", REFERENCE + "pipelines_sd/_models/sd1", "--precision", "int8");
    assertThat(int8.at("/networks/unet/weights_bytes").asLong())
        .isLessThan(f32.at("/networks/unet/weights_bytes").asLong());
    assertThat(run("plan", "--wide").out().lines().skip(2).findFirst().orElseThrow().split(" +"))
        .as("all columns").hasSizeGreaterThan(List.of("layer", "op", "dtype", "offset", "bytes").size());
  }

  private static JsonNode object(String... arguments) throws Exception {
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 1);
    all[arguments.length] = "--json";
    Outcome outcome = run(all);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return new ObjectMapper().readTree(outcome.out()).get("results");
  }
}
