package dev.langevin.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearnedTokensTest {

  private static final int FIRST = 49408;

  private static final ClipTokenizer CLIP = ClipVocabulary.tokenizer("<|endoftext|>");

  private static List<Integer> within(ClipTokenizer tokenizer, String text) {
    List<Integer> ids = tokenizer.encode(text);
    return ids.subList(1, ids.size() - 1);
  }

  /** Catches a token that is taken apart as text before it is known, and one that stands for its first vector alone. */
  @Test
  void shouldExpandATokenToAllItsVectors() {
    ClipTokenizer tokenizer = CLIP.with(Map.of("<toy>", List.of(FIRST, FIRST + 1, FIRST + 2)));
    List<Integer> cat = within(CLIP, "cat");
    List<Integer> ids = within(tokenizer, "cat <TOY>cat");
    assertThat(ids).hasSize(5).containsSequence(FIRST, FIRST + 1, FIRST + 2).startsWith(cat.getFirst())
        .endsWith(cat.getFirst());
    assertThat(within(CLIP, "cat <TOY>cat")).allMatch(id -> id < FIRST);
  }

  /** Catches the shorter of two tokens found within the longer. */
  @Test
  void shouldFindTheLongestToken() {
    ClipTokenizer tokenizer = CLIP.with(Map.of("style", List.of(FIRST), "style-b", List.of(FIRST + 1)));
    assertThat(within(tokenizer, "style-b")).containsExactly(FIRST + 1);
    assertThat(within(tokenizer, "style")).containsExactly(FIRST);
    assertThat(within(tokenizer, "styles lifestyle")).isEqualTo(within(CLIP, "styles lifestyle"));
  }

  /** Catches letters that match another without being its other case by name, and special tokens known in any case. */
  @Test
  void shouldKnowTokensInAnyCaseAndSpecialOnesInTheirOwn() {
    ClipTokenizer tokenizer = CLIP.with(Map.of("<sk>", List.of(FIRST)));
    assertThat(within(tokenizer, "<\u017f\u212a>")).containsExactly(FIRST); // long s and the Kelvin sign
    assertThat(within(tokenizer, "<|EndOfText|>")).isEqualTo(within(CLIP, "<|EndOfText|>"));
  }

  @Test
  void shouldRefuseTokensThatCannotBeToldApart() {
    assertThatThrownBy(() -> CLIP.with(Map.of("<a>", List.of(FIRST), "<A>", List.of(FIRST + 1))))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("differs from another by its case alone");
    assertThatThrownBy(() -> CLIP.with(Map.of(" ", List.of(FIRST))))
        .hasMessageContaining("the learned token ' ' is blank");
  }

  /** Catches learned tokens that are torn, taken for a part of another's name, or called by a file's name alone. */
  @Test
  void shouldCallTokensAsWebUisDo() {
    ClipTokenizer tokenizer = CLIP.with(Map.of("<toy>", List.of(FIRST, FIRST + 1, FIRST + 2)),
        Map.of("my-toy", List.of(FIRST, FIRST + 1, FIRST + 2)));
    long[] called = PromptChunks.a1111("MY-toy, (<toy>:1.5)", tokenizer).chunks().getFirst().ids();
    assertThat(called).startsWith(CLIP.start(), FIRST, FIRST + 1, FIRST + 2, CLIP.encode(",").get(1), FIRST, FIRST + 1,
        FIRST + 2, CLIP.end());
    List<PromptChunks.Chunk> chunks = PromptChunks.a1111("dog ".repeat(73) + "my-toy", tokenizer).chunks();
    assertThat(chunks).hasSize(2);
    assertThat(chunks.getLast().ids()[1]).isEqualTo(FIRST);
    List<String> missing = new java.util.ArrayList<>();
    long[] comfy = PromptChunks.comfy("a embedding:my-toy.pt, embedding:nope cat", tokenizer, missing::add).chunks()
        .getFirst().ids();
    assertThat(comfy).startsWith(CLIP.start(), CLIP.encode("a").get(1), FIRST, FIRST + 1, FIRST + 2,
        CLIP.encode(",").get(1), CLIP.encode("cat").get(1), CLIP.end());
    assertThat(missing).containsExactly("nope");
  }
}
