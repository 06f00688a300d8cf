package dev.langevin.examples;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import java.nio.file.Path;

/** A picture of a text: {@code Generate MODEL PROMPT OUT}. */
public final class Generate {

  private Generate() {}

  public static void main(String... arguments) {
    Path folder = Path.of(arguments[0]);
    try (Pipeline model = Pipelines.open(folder)) {
      GenerationRequest request = GenerationRequest.prompt(arguments[1]).steps(20).seed(1).build();
      Images.writePng(model.generate(request).image(0), Path.of(arguments[2]));
    }
  }
}
