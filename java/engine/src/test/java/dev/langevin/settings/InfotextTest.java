package dev.langevin.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InfotextTest {

  @Test
  void shouldTakeALineOfTwoPairsForAPrompt() {
    assertThat(Infotext.parse("a fox\nSteps: 20, Sampler: Euler").prompt())
        .isEqualTo("a fox\nSteps: 20, Sampler: Euler");
    assertThat(Infotext.parse("a fox\nSteps: 20, Sampler: Euler, Seed: 1")).isEqualTo(
        new Infotext("a fox", "", Map.of("Steps", "20", "Sampler", "Euler", "Seed", "1")));
  }

  /** Keys of one letter, marks without a key, letters of other scripts, what stands between pairs. */
  @Test
  void shouldFindPairsWhateverStandsBetweenThem() {
    Infotext text = Infotext
        .parse("x\n[a: 1, \u03c6\u03b1: 2, -- k-d/e: 3, \"q q: \"a, b\" c, t: \u00bd: 4,\u0301 zz: \"\\u00e9\"");
    assertThat(text.pairs()).isEqualTo(Map.of("\u03c6\u03b1", "2", "k-d/e", "3", "q q", "\"a", "zz", "\u00e9"));
  }

  @ParameterizedTest
  @CsvSource({"a, false", "(a:1.0), false", "(a), true", "([a]), false", "a BREAK b, false", "(BREAK), true",
      "\\(a\\), false", "(a, true", "a:1.2), false", "(a:1.2, true", "a], false"})
  void shouldKnowWhetherAPromptWeighsWords(String prompt, boolean weighs) {
    assertThat(Emphasis.isUsedIn(prompt)).isEqualTo(weighs);
  }

  /** Catches a search that takes the square of the length. */
  @Test
  void shouldTakeTimeInProportion() {
    for (String part : new String[] {"word ", "a:\"b,", "((a)", "[a", "kk:\"\\\",", "kk:", "\\", "<lora:"}) {
      String text = part.repeat(1 << 17);
      org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10),
          () -> Infotext.parse(text + "\nSteps: 1, Seed: 2, " + text).fields(), part);
    }
  }

  @Property
  void shouldGiveEveryTextAMeaning(@ForAll String text) {
    assertThat(Infotext.parse(text).fields()).containsKeys("Prompt", "Negative prompt", "Clip skip");
  }
}
