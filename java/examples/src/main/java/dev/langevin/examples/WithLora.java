package dev.langevin.examples;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The same picture under a LoRA of three strengths: {@code WithLora MODEL LORA PROMPT OUT}. */
public final class WithLora {

  private WithLora() {}

  public static void main(String... arguments) {
    List<BufferedImage> made = new ArrayList<>();
    for (double strength : new double[] {0, 0.5, 1}) {
      // the update is merged where weights are packed: steps cost nothing more, and another strength is another model
      LoadOptions options = LoadOptions.builder().lora(Path.of(arguments[1]), strength).build();
      try (Pipeline model = Pipelines.open(Path.of(arguments[0]), options)) {
        GenerationRequest request = GenerationRequest.prompt(arguments[2]).seed(1).steps(12).guidance(3).build();
        made.add(model.generate(request).image(0));
      }
    }
    Images.writePng(Images.grid(made, made.size(), 2), Path.of(arguments[3]));
  }
}
