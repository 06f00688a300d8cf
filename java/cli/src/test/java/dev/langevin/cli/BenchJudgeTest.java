package dev.langevin.cli;

import static dev.langevin.cli.Outcome.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchJudgeTest {

  private static final List<String> PROMPTS = IntStream.range(0, 23).mapToObj(n -> "thing number " + n).toList();

  @TempDir
  Path folder;

  /** The answers that are right, of which some are changed to what another candidate is. */
  private static List<String> answers(JudgeSheets sheets, int wrong) {
    List<String> lines = new ArrayList<>(List.of("# by one who knows", ""));
    for (int n = 0; n < sheets.order().size(); n++) {
      int right = sheets.candidates().get(n).indexOf(sheets.order().get(n));
      lines.add(n + 1 + " " + "abcdefghij".charAt((right + (n < wrong ? 1 : 0)) % 10));
    }
    return lines;
  }

  /** Catches pictures in the order of the prompts, candidates without the right one, and the right one in one place. */
  @Test
  void shouldGiveTenDifferentCandidatesWithTheRightOneAnywhere() {
    JudgeSheets sheets = JudgeSheets.of(PROMPTS, 1);

    assertThat(sheets.order()).isNotEqualTo(PROMPTS).containsExactlyInAnyOrderElementsOf(PROMPTS);
    List<Integer> places = new ArrayList<>();
    for (int n = 0; n < PROMPTS.size(); n++) {
      assertThat(sheets.candidates().get(n)).hasSize(10).doesNotHaveDuplicates().contains(sheets.order().get(n));
      places.add(sheets.candidates().get(n).indexOf(sheets.order().get(n)));
    }
    assertThat(places.stream().distinct().count()).isGreaterThan(5);
    assertThat(JudgeSheets.of(PROMPTS, 1)).isEqualTo(sheets);
    assertThat(JudgeSheets.of(PROMPTS, 2).order()).isNotEqualTo(sheets.order());
  }

  @Test
  void shouldDrawSheetsAndCountTheAnswersThatAreRight() throws Exception {
    Path prompts = Files.write(folder.resolve("prompts.txt"), PROMPTS);
    Path out = folder.resolve("sheets");

    assertThat(run("bench", "judge", "--prompts", prompts.toString(), "--steps", "1", "--out", out.toString()).code())
        .isZero();

    assertThat(out.toFile().list()).containsExactlyInAnyOrder("candidates.txt", "sheet-1.png", "sheet-2.png");
    assertThat(ImageIO.read(out.resolve("sheet-1.png").toFile()).getWidth()).isGreaterThan(5 * 180);
    JudgeSheets sheets = JudgeSheets.of(PROMPTS, 1);
    assertThat(Files.readAllLines(out.resolve("candidates.txt"))).hasSize(23).first().asString()
        .startsWith("1:  a) " + sheets.candidates().getFirst().getFirst() + "  b) ");
    Path answers = Files.write(folder.resolve("answers.txt"), answers(sheets, 4));
    Outcome scored = run("bench", "judge", "--prompts", prompts.toString(), "--answers", answers.toString());
    assertThat(scored.code()).isZero();
    assertThat(scored.out()).contains("19 of 23 are right", "   4: " + sheets.order().get(3) + ", was taken for ")
        .doesNotContain("   5: ");
  }

  @Test
  void shouldRefuseAnswersThatCannotBeCounted() {
    JudgeSheets sheets = JudgeSheets.of(PROMPTS, 1);
    List<String> few = answers(sheets, 0).subList(0, 20);
    assertThatIllegalArgumentException().isThrownBy(() -> sheets.named(few))
        .withMessage("picture 19 has no answer; guess one where none is seen");
    assertThatIllegalArgumentException().isThrownBy(() -> sheets.named(List.of("24 a")))
        .withMessage("the answer '24 a' is not a picture's number from 1 to 23 and a letter from a to j, as in '7 c'");
    assertThatIllegalArgumentException().isThrownBy(() -> sheets.named(List.of("2 a", "2 b")))
        .withMessage("picture 2 has two answers; leave one of them");
    assertThatIllegalArgumentException().isThrownBy(() -> JudgeSheets.of(List.of("a", "b", "a"), 1))
        .withMessage("there are 3 prompts, 2 of them different; give at least 10, and none twice");
  }
}
