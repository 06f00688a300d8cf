package dev.langevin.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a picture is made of, it is read or an ImageFileException names the file in one line. */
class ImagesFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed.png"), data);
    try {
      BufferedImage image = Images.read(path);
      if ((long) image.getWidth() * image.getHeight() < 1 << 20) {
        Images.toUnit(image);
      }
    } catch (ImageFileException e) {
      if (!e.getMessage().startsWith(path.toString()) || e.getMessage().contains("\n")) {
        throw new AssertionError("the message is not one line that names the file: " + e.getMessage(), e);
      }
    }
  }
}
