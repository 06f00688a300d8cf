package dev.langevin.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a checkpoint is made of, it gives tensors within its own bytes or a WeightsException. */
class PickleFuzzTest {

  @TempDir
  private static Path folder;

  /**
   * Bytes that begin as an archive or as the older format are a whole file; others are the pickle in an archive with a
   * storage of 24 bytes.
   */
  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    boolean whole = data.length > 2 && (data[0] == 'P' || data[0] == (byte) 0x80 && data[2] == (byte) 0x8a);
    Path path = Files.write(folder.resolve("fuzzed.ckpt"),
        whole ? data : TorchFiles.checkpoint(data, Map.of("0", new float[6])));
    try (CheckpointFile file = CheckpointFile.open(path)) {
      for (String name : file.names()) {
        if (file.tensor(name).toDoubles().length > data.length) {
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
