package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.langevin.training.evaluation.Features;
import dev.langevin.training.evaluation.FrechetDistance;
import dev.langevin.training.evaluation.PrecisionRecall;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Measures of tables against those of one machine. */
class MeasuresTest {

  private static final int WIDTH = 6;

  private static float[][] rows(int count, long seed, float shift) {
    Random random = new Random(seed);
    float[][] rows = new float[count][WIDTH];
    for (float[] row : rows) {
      for (int j = 0; j < WIDTH; j++) {
        row[j] = (float) random.nextGaussian() * (j + 1) + shift;
      }
    }
    rows[count - 1] = rows[0].clone(); // equal rows are each other's neighbours
    return rows;
  }

  private static Dataset<Row> table(float[][] rows) {
    Object[][] all = new Object[rows.length][];
    for (int i = 0; i < all.length; i++) {
      Float[] boxed = new Float[rows[i].length];
      for (int j = 0; j < boxed.length; j++) {
        boxed[j] = rows[i][j];
      }
      all[i] = new Object[] {boxed};
    }
    return Local.table("features array<float>", all).repartition(5);
  }

  @Test
  void shouldMeasureWhatOneMachineDoes() {
    float[][] real = rows(1100, 1, 100); // more than a task compares
    float[][] generated = rows(300, 2, 101);
    assertThat(BulkMeasures.frechet(table(real), table(generated)))
        .isCloseTo(FrechetDistance.between(Features.of(real), Features.of(generated)), within(1e-7));
    assertThat(BulkMeasures.precisionRecall(table(real), table(generated), 3))
        .isEqualTo(PrecisionRecall.of(Features.of(real), Features.of(generated), 3));
    assertThatThrownBy(() -> BulkMeasures.precisionRecall(table(real), table(generated), 300))
        .hasMessageContaining("k is 300 and the sets have 1100 and 300 rows");
  }

  @Test
  void shouldSimulateWhereAJobBends() {
    Scaling job = new Scaling(100_000, 16, 1, 0.1, 5, 10, 0.01, 0, 1, 1e4, 1e9);
    Scaling.Outcome one = job.run(1);
    Scaling.Outcome ten = job.run(10);
    Scaling.Outcome many = job.run(10_000);
    assertThat(one.efficiency()).isGreaterThan(0.99);
    assertThat(one.seconds() / ten.seconds()).isBetween(9.5, 10.0);
    // 10,000 tasks of 10 ms each at the driver take longer than any executor's ten pictures.
    assertThat(many.seconds()).isGreaterThan(100);
    assertThat(many.bound()).isEqualTo("driver");
    assertThat(new Scaling(1000, 16, 1, 0, 0, 0, 0, 1e10, 1, 0, 1e9).run(100).bound()).isEqualTo("store");
    assertThatThrownBy(() -> new Scaling(0, 16, 1, 0, 0, 0, 0, 0, 1, 0, 1)).hasMessageContaining("0 rows");
  }

  @Test
  void shouldTellHowFarItIs() {
    assertThat(BulkProgress.line(300, 100, 20, 1, 50))
        .isEqualTo("121 of 300 rows, 20 were there, 1 with an error, 2.00 pictures/s, 90 s left");
  }

  @Test
  void shouldRefuseAnOlderJava() {
    assertThatThrownBy(() -> JavaVersion.require(Runtime.Version.parse("25.0.2"), "an executor")).hasMessage(
        "an executor runs on Java 25.0.2, Langevin on Spark needs 25.0.3 or newer; set JAVA_HOME for the driver and"
            + " spark.executorEnv.JAVA_HOME for executors, or take an image that has it");
    JavaVersion.require(Runtime.version(), "this");
  }
}
