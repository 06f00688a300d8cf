package dev.langevin.examples;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Pictures of every line of a file, two of each: {@code BatchToFolder MODEL PROMPTS FOLDER}. */
public final class BatchToFolder {

  private BatchToFolder() {}

  public static void main(String... arguments) throws IOException {
    List<String> prompts = Files.readAllLines(Path.of(arguments[1])).stream().filter(line -> !line.isBlank()).toList();
    Path folder = Files.createDirectories(Path.of(arguments[2]));
    try (Pipeline model = Pipelines.open(Path.of(arguments[0]))) {
      for (int p = 0; p < prompts.size(); p++) {
        GenerationRequest request =
            GenerationRequest.prompt(prompts.get(p)).count(2).seed(1).steps(12).guidance(3).build();
        Generation made = model.generate(request); // both in one batch, each as it is alone with its seed
        for (int k = 0; k < 2; k++) {
          String name = "%03d-seed-%d.png".formatted(p + 1, made.seed(k));
          Images.writePng(made.image(k), folder.resolve(name), Map.of("prompt", prompts.get(p)));
          System.out.println(folder.resolve(name));
        }
      }
    }
  }
}
