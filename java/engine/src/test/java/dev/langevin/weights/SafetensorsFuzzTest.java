package dev.langevin.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a safetensors file is made of, it gives tensors within its own bytes or a WeightsException. */
class SafetensorsFuzzTest {

  @TempDir
  private static Path folder;

  /**
   * Bytes that begin with a brace are a header, to which its length and 108 bytes of tensors are added; others are a
   * whole file.
   */
  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    byte[] bytes = data;
    if (data.length > 0 && data[0] == '{') {
      bytes = ByteBuffer.allocate(8 + data.length + 108).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).put(data)
          .array();
    }
    Path path = Files.write(folder.resolve("fuzzed.safetensors"), bytes);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (String name : file.names()) {
        if (file.tensor(name).toDoubles().length > bytes.length) {
          throw new AssertionError("a tensor of more elements than the file has bytes: " + name);
        }
      }
    } catch (WeightsException e) {
      if (!e.getMessage().startsWith(path.toString())) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
    }
  }
}
