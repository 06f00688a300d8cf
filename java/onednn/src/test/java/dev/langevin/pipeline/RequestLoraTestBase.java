package dev.langevin.pipeline;

import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A small model of Stable Diffusion, its pictures, and files of updates. */
abstract class RequestLoraTestBase {

  static final Path MODELS = Path.of("../engine/src/test/resources/reference");
  static final Path FOLDER = MODELS.resolve("pipelines_sd/_models/sd1");

  @TempDir
  Path folder;

  static Pipeline model;
  static float[] base;

  @BeforeAll
  static void load() {
    model = Pipelines.open(FOLDER);
    base = pixels(model, request());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  static GenerationRequest.Builder request() {
    return GenerationRequest.prompt("a cat in a hat").size(40, 40).steps(2).sampler("euler").seed(3);
  }

  static float[] pixels(Pipeline model, GenerationRequest.Builder request) {
    return model.generate(request.build()).pictures().toFloats();
  }

  static float[] loaded(UnaryOperator<LoadOptions.Builder> options, GenerationRequest.Builder request) {
    try (Pipeline own = Pipelines.open(FOLDER, options.apply(LoadOptions.builder()).build())) {
      return pixels(own, request);
    }
  }

  Path file(LoraFiles kind, int seed) {
    return kind.write(folder.resolve(kind + "-" + seed + ".safetensors"), seed);
  }
}
