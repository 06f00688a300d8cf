package dev.langevin.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.langevin.image.ImageFileException;
import dev.langevin.image.Images;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a WebP is made of, libwebp reads it or an ImageFileException names the file; the process lives on. */
class LibWebpFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed.webp"), data);
    for (Findings findings : new Findings[] {null, new Findings(Policy.LENIENT, sentence -> {})}) {
      try {
        Images.read(path, findings);
      } catch (ImageFileException e) {
        if (!e.getMessage().startsWith(path.toString()) || e.getMessage().contains("\n")) {
          throw new AssertionError("this is not one line that names the file: " + e.getMessage(), e);
        }
      }
    }
  }
}
