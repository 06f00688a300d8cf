package dev.langevin.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.langevin.policy.RefusedException;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** Whatever keys, shapes and metadata a file of updates has, it is read or refused by a message that names the file. */
class LoraFuzzTest {

  private static final Map<String, NamedTensors> MODEL =
      Map.of("unet", new GivenTensors(Map.of("mid.weight", Tensor.ofFloats(new float[24], 6, 4), "mid.bias",
          Tensor.ofFloats(new float[6], 6), "conv.weight", Tensor.ofFloats(new float[216], 6, 4, 3, 3))));

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed.safetensors"), data);
    try (LoraFile file = LoraFile.open(path)) {
      file.tokens();
      file.leftOut();
      MergedTensors.merge(MODEL, Map.of(file, 1.0)).values().forEach(weights -> {
        for (String name : weights.names()) {
          weights.tensor(name).toFloats();
        }
      });
    } catch (WeightsException | RefusedException e) {
      if (!e.getMessage().startsWith(path.toString())) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
    }
  }
}
