package dev.langevin.text;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Whatever a prompt is, it gives chunks of the encoder's length with finite weights. */
class PromptChunksFuzzTest {

  private static final ClipTokenizer CLIP = ClipVocabulary.tokenizer("<|endoftext|>");

  @FuzzTest
  void shouldGiveWholeChunks(byte[] data) {
    for (PromptChunks.Chunk chunk : PromptChunks.of(new String(data, StandardCharsets.UTF_8), CLIP).chunks()) {
      if (chunk.ids().length != CLIP.length() || chunk.weights().length != CLIP.length()) {
        throw new AssertionError(chunk.ids().length + " tokens, " + chunk.weights().length + " weights");
      }
      for (float weight : chunk.weights()) {
        if (!Float.isFinite(weight)) {
          throw new AssertionError("a weight is " + weight);
        }
      }
    }
  }
}
