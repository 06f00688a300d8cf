package dev.langevin.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.TokenIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a tokenizer.json holds, it gives a tokenizer that works or a WeightsException. */
class TokenizerFuzzTest {

  @TempDir
  private static Path folder;

  @FuzzTest
  void shouldReadOrRefuse(byte[] data) throws IOException {
    Files.write(folder.resolve("tokenizer.json"), data);
    ClipTokenizer tokenizer;
    try {
      tokenizer = TokenizerFiles.clip(folder);
    } catch (WeightsException e) {
      if (!e.getMessage().startsWith(folder.toString())) {
        throw new AssertionError("the message does not name the file: " + e.getMessage(), e);
      }
      return;
    }
    TokenIds tokens = tokenizer.tokenize("a photo of a cat, it's 4 o'clock \ud83d\ude00");
    if (tokens.ids().length != tokenizer.length()) {
      throw new AssertionError(tokens.ids().length + " tokens, the tokenizer's length is " + tokenizer.length());
    }
  }
}
