package dev.langevin.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.langevin.text.PromptSchedule.Moments;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptScheduleTest {

  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean(); // others may have the processor

  private static String rows(String prompt, int steps) {
    return PromptSchedule.rows(prompt, Moments.of(steps)).stream().map(row -> row.last() + " " + row.text())
        .collect(Collectors.joining("|"));
  }

  /** Catches moments and texts of the wrong row, and notation that is broken off and yet read. */
  @ParameterizedTest
  @CsvSource(delimiter = ';', quoteCharacter = '"', value = {
      "a cat;10 a cat",
      "a [cat:dog:4] b;4 a cat b|10 a dog b",
      "\"[cat::.3]\";\"3 cat|10 \"",
      "[hat:2] [cat:dog:0.9];2  cat|9 hat cat|10 hat dog",
      "[a:[b|c]:9];1 a|2 a|3 a|4 a|5 a|6 a|7 a|8 a|9 a|10 c",
      "[a:b:-3];10 b",
      "[a:b:99];10 a",
      "([a:b:1]:1.2);1 (a:1.2)|10 (b:1.2)",
      "[a:b];10 [a:b]",
      "[a:b:c:1];10 [a:b:c:1]",
      "x [[a:b:1];1 x [a|10 x [b",
      "[a:b:1] | c;10 [a:b:1] | c",
      "\\[a:b:1];10 \\[a:b:1]",
      "[a:b:1]\\;10 [a:b:1]\\",
  })
  void shouldGiveTheTextsOfEachStep(String prompt, String expected) {
    assertThat(rows(prompt, 10)).isEqualTo(expected);
  }

  /** Catches brackets that nest deep or never close and take a power of their number. */
  @Test
  void shouldReadAHundredThousandBracketsAtOnce() {
    long start = CLOCK.getCurrentThreadCpuTime();
    for (String open : new String[] {"[a:", "[a|", "(", "[", "[a:b:1] ("}) {
      assertThat(PromptSchedule.rows(open.repeat(100_000), Moments.of(2))).isNotEmpty();
    }
    assertThat(PromptSchedule.rows("[a:".repeat(30_000) + "b" + ":1]".repeat(30_000), Moments.of(2))).hasSize(2);
    assertThat(Duration.ofNanos(CLOCK.getCurrentThreadCpuTime() - start)).isLessThan(Duration.ofSeconds(5));
  }

  /** Catches a text that cannot be read, a last row that ends elsewhere, and rows out of order. */
  @Property
  void shouldReadAnyText(
      @ForAll @Chars({'(', ')', '[', ']', '\\', ':', '|', '1', '.', ' ', 'a', '-', 'e'}) @StringLength(
          max = 40) String text) {
    var rows = PromptSchedule.rows(text, Moments.of(5));
    assertThat(rows.getLast().last()).isEqualTo(5);
    assertThat(rows).extracting(PromptSchedule.Row::last).isSorted().doesNotHaveDuplicates();
  }

  /** Catches parts that are torn within words, and weights of the wrong part. */
  @Test
  void shouldPartAPromptAtTheWordAnd() {
    assertThat(PromptPart.of("a cat AND a dog :1.5 AND SAND")).extracting(PromptPart::text, PromptPart::weight)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("a cat", 1.0),
            org.assertj.core.groups.Tuple.tuple(" a dog", 1.5), org.assertj.core.groups.Tuple.tuple(" SAND", 1.0));
  }

  /** Catches the two weights of a tag that change places. */
  @Test
  void shouldReadTags() {
    assertThat(ExtraNetwork.of("a <lora:hat:0.5> b<lora:my hat-v1.0:1:0.25><lyco:x:unet=2:te=3> <b>"))
        .extracting(ExtraNetwork::name, ExtraNetwork::textWeight, ExtraNetwork::weight)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("hat", 0.5, 0.5),
            org.assertj.core.groups.Tuple.tuple("my hat-v1.0", 1.0, 0.25),
            org.assertj.core.groups.Tuple.tuple("x", 3.0, 2.0));
    assertThat(ExtraNetwork.without("a <lora:hat:0.5> b<x:y>")).isEqualTo("a  b");
    assertThatIllegalArgumentException().isThrownBy(() -> ExtraNetwork.of("<lora:hat:big>"))
        .withMessageContaining("the prompt's <lora:hat:big> has the weight 'big', which is no number");
  }
}
