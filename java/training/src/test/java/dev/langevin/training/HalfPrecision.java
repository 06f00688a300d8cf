package dev.langevin.training;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** A model's folder with 16-bit files alone, named as diffusers' variant. */
final class HalfPrecision {

  private HalfPrecision() {}

  /** @return {@code base} */
  static Path of(Path model, Path base, DType half) throws IOException {
    try (Stream<Path> files = Files.walk(model)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = base.resolve(model.relativize(file).toString());
        Files.createDirectories(to.getParent());
        if (!file.toString().endsWith(".safetensors")) {
          Files.copy(file, to);
          continue;
        }
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
          Map<String, Shape> shapes = new LinkedHashMap<>();
          weights.names().forEach(name -> shapes.put(name, weights.tensor(name).shape()));
          SafetensorsWriter.write(Path.of(to.toString().replace(".safetensors", ".fp16.safetensors")), shapes,
              half,
              Map.of(), (name, shape, first, chunk, count) -> System.arraycopy(weights.tensor(name).toFloats(),
                  (int) first, chunk, 0, count));
        }
      }
    }
    return base;
  }
}
