package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationReportTest {

  private final Features real = Points.line(0, 1, 2, 3, 4);
  private final Features generated = Points.line(0.5, 1.5, 2.5, 3.5);
  private final EvaluationReport report = EvaluationReport.of(real, generated, 1)
      .with(Memorisation.of(generated, real))
      .with(ConditionalAccuracy.of(Features.of(new float[][] {{1, 0}, {1, 0}}), new int[] {0, 1}))
      .with("sampler", "ddim")
      .with("steps", 50);

  /** Variances 5 / 2 and 5 / 3: 5 / 2 + 5 / 3 - 2 sqrt(25 / 6) = 0.0842. */
  @Test
  void shouldBeReadableAsATable() {
    assertThat(report).hasToString("""
        Fréchet distance      0.0842  5 real, 4 generated, features of width 1
        precision             1.0000  k = 1
        recall                1.0000
        density               2.0000
        coverage              1.0000
        accuracy              0.5000  2 samples
        top-2 accuracy        1.0000
        nearest example       0.5000  1.0000 of real pictures (medians)
        very near             1.0000  1.0000 of real pictures
        singled out           0.0000  0.0000 of real pictures
        memorised?        not memorised
        sampler           ddim
        steps             50
        """);
  }

  @Test
  void shouldComeBackFromJson() {
    EvaluationReport read = EvaluationReport.fromJson(report.toJson());
    assertThat(read.toJson()).isEqualTo(report.toJson()).contains("\"confusion\" : [ [ 1, 0 ], [ 1, 0 ] ]",
        "\"closest\"");
    assertThat(read).hasToString(report.toString());
    assertThat(read.settings()).containsExactly(Map.entry("sampler", "ddim"), Map.entry("steps", "50"));
  }

  @Test
  void shouldLeaveOutWhatWasNotMeasured() {
    EvaluationReport plain = EvaluationReport.of(real, generated, 1);
    assertThat(plain.toString()).doesNotContain("accuracy").doesNotContain("memorised");
    assertThat(EvaluationReport.fromJson(plain.toJson())).isEqualTo(plain);
  }

  @Test
  void shouldRefuseOtherJson() {
    assertThatIllegalArgumentException().isThrownBy(() -> EvaluationReport.fromJson("{\"accuracy\": 1}"))
        .withMessageStartingWith("not an evaluation report: ").withMessageContaining("precisionRecall is missing");
    assertThatIllegalArgumentException().isThrownBy(() -> EvaluationReport.fromJson("{"))
        .withMessageStartingWith("not an evaluation report: ");
  }
}
