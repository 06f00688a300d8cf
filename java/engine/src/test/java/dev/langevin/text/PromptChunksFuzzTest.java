package dev.langevin.text;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** Whatever a prompt is, it is refused in a sentence or gives chunks of the encoder's length with finite weights. */
class PromptChunksFuzzTest {

  private static final ClipTokenizer CLIP =
      ClipVocabulary.tokenizer("<|endoftext|>").with(java.util.Map.of("toy", java.util.List.of(49408, 49409)));

  @FuzzTest
  void shouldGiveWholeChunks(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    require(text, each -> PromptChunks.comfy(each, CLIP, missing -> {}));
    try {
      ExtraNetwork.of(text);
      for (PromptPart part : PromptPart.of(ExtraNetwork.without(text))) {
        for (PromptSchedule.Row row : PromptSchedule.rows(part.text(), PromptSchedule.Moments.of(7))) {
          require(row.text(), each -> PromptChunks.a1111(each, CLIP));
        }
      }
    } catch (IllegalArgumentException e) {
      requireSentence(e);
    }
  }

  private static void require(String text, Function<String, PromptChunks> reader) {
    PromptChunks read;
    try {
      read = reader.apply(text);
    } catch (IllegalArgumentException e) {
      requireSentence(e);
      return;
    }
    for (PromptChunks.Chunk chunk : read.chunks()) {
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

  private static void requireSentence(IllegalArgumentException e) {
    if (!e.getMessage().contains("prompt")) {
      throw new AssertionError("no sentence about the prompt", e);
    }
  }
}
