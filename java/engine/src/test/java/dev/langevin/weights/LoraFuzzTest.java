package dev.langevin.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Whatever keys and metadata a file of updates has, it is read or a WeightsException names the file. */
class LoraFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed.safetensors"), data);
    try (LoraFile file = LoraFile.open(path)) {
      file.tokens();
      file.leftOut();
    } catch (WeightsException e) {
      if (!e.getMessage().startsWith(path.toString())) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
    }
  }
}
