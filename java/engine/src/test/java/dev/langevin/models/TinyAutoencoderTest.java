package dev.langevin.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.TaesdFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** TAEF2's published weights, as pickles, on a photograph: latents and picture are those that the author's code gives. */
class TinyAutoencoderTest {

  @Test
  void shouldEncodeAndDecodeAsTheAuthorsCode() {
    Path folder = Path.of(System.getProperty("langevin.models", System.getProperty("langevin.reference", "") + "/../models"))
        .resolve("taef2").normalize();
    assumeTrue(Files.isDirectory(folder), "the published weights are not beside the checkout: " + folder);
    try (SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"));
        TaesdFiles weights = TaesdFiles.open(folder.resolve("taef2_encoder.pth"), folder.resolve("taef2_decoder.pth"))) {
      AutoencoderTinyConfig config = AutoencoderTinyConfig.of(weights.config());
      Shape image = expected.tensor("image").shape(); // (N, 3, H, W)
      Shape latents = expected.tensor("latents").shape(); // (N, 32, H/8, W/8)
      Graph encoder = AutoencoderTiny.encoder(config, image.intDim(0), image.intDim(2), image.intDim(3));
      Graph decoder = AutoencoderTiny.decoder(config, latents.intDim(0), latents.intDim(2), latents.intDim(3));
      Map<String, Shape> both = new LinkedHashMap<>(encoder.storedWeights());
      both.putAll(decoder.storedWeights());
      weights.requireFit(both);

      float[] signed = expected.tensor("image").toFloats();
      for (int i = 0; i < signed.length; i++) {
        signed[i] = 2 * signed[i] - 1;
      }
      float[] encoded = run(encoder, weights, "image", Tensor.ofFloats(signed, image.dims()), "latents");
      double latentDistance = distance(encoded, expected.tensor("latents").toFloats());
      float[] decoded = run(decoder, weights, "latents", expected.tensor("latents"), "image");
      for (int i = 0; i < decoded.length; i++) {
        decoded[i] = Math.clamp((decoded[i] + 1) / 2, 0, 1);
      }
      double imageDistance = distance(decoded, expected.tensor("decoded").toFloats());
      System.out.printf("taef2: largest difference of latents %.3g, of the picture %.3g%n", latentDistance, imageDistance);
      assertThat(latentDistance).isLessThan(1e-3);
      assertThat(imageDistance).isLessThan(1e-3);
    }
  }

  private static float[] run(Graph graph, TaesdFiles weights, String input, Tensor value, String output) {
    try (Plan plan = new Planner(Backend.named("onednn")).plan(graph, weights)) {
      plan.input(input).data().copyFrom(value.data());
      plan.run();
      return plan.output(output).toFloats();
    }
  }

  private static double distance(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs((double) actual[i] - expected[i]));
    }
    return worst;
  }
}
