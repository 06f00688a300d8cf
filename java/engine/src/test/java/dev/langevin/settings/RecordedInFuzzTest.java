package dev.langevin.settings;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.langevin.image.ImageFileException;
import dev.langevin.image.PictureTexts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a picture is made of, its settings are read or an ImageFileException names the file. */
class RecordedInFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Path path = Files.write(folder.resolve("fuzzed"), data);
    try {
      RecordedIn.settings(PictureTexts.read(path));
    } catch (ImageFileException e) {
      if (!e.getMessage().startsWith(path.toString())) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
    }
    String text = new String(data, StandardCharsets.UTF_8);
    Infotext.parse(text).fields();
    for (String keyword : new String[] {"prompt", "invokeai_metadata", "sd-metadata", "Dream", "Comment"}) {
      RecordedIn.settings(new PictureTexts(Map.of(keyword, text, "Software", "NovelAI"),
          List.of(), 1, 1));
    }
  }
}
