package dev.langevin.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a picture is made of, its texts and parameters are read or an ImageFileException names the file. */
class PngTextFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed.png"), data);
    try {
      for (String text : PngText.read(path).values()) {
        GenerationParameters parameters = GenerationParameters.parse(text);
        parameters.sampler();
        parameters.format();
      }
    } catch (ImageFileException e) {
      if (!e.getMessage().startsWith(path.toString())) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
    }
  }
}
