package dev.langevin.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptChunksTest {

  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean(); // others may have the processor

  private static final ClipTokenizer CLIP = ClipVocabulary.tokenizer("<|endoftext|>");

  private static String pieces(String prompt) {
    StringBuilder text = new StringBuilder();
    for (WeightedText piece : WeightedText.parse(prompt)) {
      text.append(piece.endsChunk() ? "|" : "<%s %.3f>".formatted(piece.text(), piece.weight()));
    }
    return text.toString();
  }

  /** Catches brackets that weigh the wrong text or by the wrong factor. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
      "a cat|<a cat 1.000>",
      "a (cat)|<a  1.000><cat 1.100>",
      "a ((cat)) b|<a  1.000><cat 1.210>< b 1.000>",
      "[cat]|<cat 0.909>",
      "(cat:1.3), dog|<cat 1.300><, dog 1.000>",
      "(a (b:2) c:0.5)|<a  0.500><b 1.000>< c 0.500>",
      "(a [b])|<a  1.100><b 1.000>",
      "(cat : .5 )|<cat  0.500>",
      "(cat:１.２)|<cat 1.200>",
      "\\(cat\\) \\[x\\] \\\\|<(cat) [x] \\ 1.000>",
      "(never closed|<never closed 1.100>",
      "a) b] c|<a) b] c 1.000>",
      "time 12:30 (x)|<time 12:30  1.000><x 1.100>",
      "[a:1.5]|<a:1.5 0.909>",
      "(a:-1)|<a -1.000>",
      "a\\|<a 1.000>",
  })
  void shouldWeighWhatTheBracketsHold(String prompt, String expected) {
    assertThat(pieces(prompt)).isEqualTo(expected);
  }

  /** Catches BREAK inside a word, and one that leaves white space behind. */
  @Test
  void shouldEndAChunkAtTheWordBreak() {
    assertThat(pieces("a cat BREAK (a dog)")).isEqualTo("<a cat 1.000>|< 1.000><a dog 1.100>");
    assertThat(pieces("[a BREAK b]")).isEqualTo("<a 0.909><BREAK -0.909><b 0.909>"); // a word there, as in the program
    assertThat(pieces("BREAKFAST")).isEqualTo("<BREAKFAST 1.000>");
    assertThat(PromptChunks.a1111("a cat BREAK a dog BREAK", CLIP).chunks()).hasSize(2);
  }

  /** Catches a start, end or padding that differs from what the tokenizer gives an ordinary prompt. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"a photo of a cat, in a red hat", "''", "café 😀 don't 12345"})
  void shouldReadAPlainPromptAsTheTokenizerDoes(String prompt) {
    for (ClipTokenizer tokenizer : List.of(CLIP, ClipVocabulary.tokenizer("!"))) {
      List<PromptChunks.Chunk> chunks = PromptChunks.a1111(prompt, tokenizer).chunks();
      assertThat(chunks).hasSize(1);
      assertThat(chunks.getFirst().ids()).isEqualTo(tokenizer.tokenize(prompt).ids());
      assertThat(chunks.getFirst().weights()).containsOnly(1f);
    }
  }

  /** Catches tokens that are lost or doubled between chunks, and phrases torn though a comma is near. */
  @Test
  void shouldGoOnInTheNextChunkAfterTheLastComma() {
    String phrase = "one two three four five six seven eight nine, "; // ten tokens
    List<PromptChunks.Chunk> chunks = PromptChunks.a1111(phrase.repeat(10).strip(), CLIP).chunks();
    assertThat(chunks).hasSize(2);
    long comma = CLIP.encode(",").get(1);
    assertThat(chunks.getFirst().ids()[70]).isEqualTo(comma);
    assertThat(chunks.getFirst().ids()[71]).isEqualTo(CLIP.end());
    List<Integer> all = CLIP.encode(phrase.repeat(10));
    long[] joined = new long[100];
    System.arraycopy(chunks.get(0).ids(), 1, joined, 0, 70);
    System.arraycopy(chunks.get(1).ids(), 1, joined, 70, 30);
    assertThat(joined).isEqualTo(all.subList(1, 101).stream().mapToLong(Integer::longValue).toArray());
  }

  /** Catches a break at a comma so far back that the chunk would be nearly empty. */
  @Test
  void shouldFillTheChunkWhereNoCommaIsNear() {
    List<PromptChunks.Chunk> chunks = PromptChunks.a1111("cat, " + "dog ".repeat(100), CLIP).chunks();
    assertThat(chunks).hasSize(2);
    assertThat(chunks.getFirst().ids()[75]).isEqualTo(CLIP.encode("dog").get(1).longValue());
  }

  /** Catches weights that slip against their tokens. */
  @Test
  void shouldGiveEachTokenTheWeightOfItsText() {
    PromptChunks.Chunk chunk = PromptChunks.a1111("a (red:1.5) [hat]", CLIP).chunks().getFirst();
    assertThat(Arrays.copyOf(chunk.weights(), 5)).usingComparatorWithPrecision(1e-6f).containsExactly(1, 1, 1.5f,
        1 / 1.1f, 1);
  }

  /** Catches a text that is no prompt, and one whose reading takes more than its length. */
  @Property
  void shouldReadAnyText(@ForAll @Chars({'(', ')', '[', ']', '\\', ':', '1', '.', ' ', 'B'}) @CharRange(from = 'a',
      to = 'c') @StringLength(max = 60) String text) {
    PromptChunks chunks;
    try {
      chunks = PromptChunks.a1111(text, CLIP);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageMatching("the prompt's weight '.*' is no number; .*|a weight in the prompt is .*");
      return;
    }
    for (PromptChunks.Chunk chunk : chunks.chunks()) {
      assertThat(chunk.ids()).hasSize(77);
      assertThat(chunk.ids()[0]).isEqualTo(CLIP.start());
    }
  }

  @Property
  void shouldKeepEveryCharacterThatIsNoSyntax(
      @ForAll @CharRange(from = ' ', to = '~') @StringLength(max = 60) String text) {
    String escaped = text.replaceAll("[\\\\()\\[\\]]", "\\\\$0").replace("BREAK", "break");
    StringBuilder read = new StringBuilder();
    WeightedText.parse(escaped).forEach(piece -> read.append(piece.text()));
    assertThat(read.toString()).isEqualTo(text.replace("BREAK", "break"));
  }

  /** Catches recursion, and a prompt of brackets alone that takes minutes. */
  @Test
  void shouldRefuseAHundredThousandBracketsAtOnce() {
    long start = CLOCK.getCurrentThreadCpuTime();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightedText.parse("(a".repeat(100_000) + ")".repeat(100_000)))
        .withMessageContaining("nest too deep");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ComfyText.parse("(".repeat(100_000) + "a" + ")".repeat(100_000)))
        .withMessageContaining("nest deeper than");
    assertThat(WeightedText.parse("[".repeat(100_000))).hasSize(1);
    assertThat(Duration.ofNanos(CLOCK.getCurrentThreadCpuTime() - start)).isLessThan(Duration.ofSeconds(5));
  }

  /** Catches a weight that is no number and is taken for text or for 1. */
  @Test
  void shouldRefuseAWeightThatIsNoNumber() {
    assertThatIllegalArgumentException().isThrownBy(() -> WeightedText.parse("(a:1.2.3)"))
        .withMessageContaining("the prompt's weight '1.2.3' is no number");
    assertThatIllegalArgumentException().isThrownBy(() -> WeightedText.parse("(a:" + "9".repeat(50) + ")"))
        .withMessageContaining("with which no picture can be computed");
  }

  /** Catches a vocabulary that is not CLIP's: ids of words that are published with it. */
  @Test
  void shouldHoldClipsVocabulary() {
    assertThat(CLIP.encode("a photo of a cat")).containsExactly(49406, 320, 1125, 539, 320, 2368, 49407);
  }
}
