package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A trained model on its stored noises: the whole line gives what diffusers gives. */
class FashionModelTest {

  @Test
  void shouldSampleWhatDiffusersSampled() {
    Path folder = Path.of(System.getProperty("langevin.reference", "")).resolve("../models/fashion-ddpm").normalize();
    assumeTrue(Files.isDirectory(folder), "the trained model is not beside the checkout: " + folder);
    try (SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"));
        Pipeline diffusion = Pipelines.open(folder)) {
      Tensor noise = expected.tensor("initial_noise");
      long[] labels = expected.tensor("class_labels").toLongs();
      Generation made = diffusion.generate(
          GenerationRequest.unconditional().count(labels.length).labels(labels).steps(50).sampler("DDIMScheduler")
              .build(),
          target -> target.data().copyFrom(noise.data()), GenerationListener.NONE, new CancellationToken());
      float[] actual = made.tensors().get("sample").toFloats();
      float[] reference = expected.tensor("ddim50").toFloats();
      double worst = 0;
      for (int i = 0; i < actual.length; i++) {
        worst = Math.max(worst, Math.abs(actual[i] - reference[i]));
      }
      System.out.printf("fashion-ddpm, DDIM 50 steps, %d pictures: largest difference from diffusers %.3g%n",
          labels.length, worst);
      assertThat(worst).isLessThan(1e-3);
    }
  }
}
