package dev.langevin.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever bytes a picture is made of, it is read or an ImageFileException names the file in one line, also where what
 * is there of it is asked for.
 */
class ImagesFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed.png"), data);
    for (Findings findings : new Findings[] {null,
        new Findings(Policy.LENIENT, sentence -> requireOneLine(path, sentence))}) {
      try {
        BufferedImage image = Images.read(path, findings);
        if ((long) image.getWidth() * image.getHeight() < 1 << 20) {
          Images.toUnit(image);
        }
      } catch (ImageFileException e) {
        requireOneLine(path, e.getMessage());
      }
    }
  }

  private static void requireOneLine(Path path, String sentence) {
    if (!sentence.startsWith(path.toString()) || sentence.contains("\n")) {
      throw new AssertionError("this is not one line that names the file: " + sentence);
    }
  }
}
