package dev.langevin.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The function and the stage of a pipeline, which make what the job makes; and the table of latents. */
class ComposeTest {

  @TempDir
  private Path folder;

  private byte[] ofJob(Dataset<Row> rows) throws Exception {
    new BulkJob(Local.session(), BulkOptions.of(folder.resolve("out").toString())).run(rows);
    return Files.readAllBytes(folder.resolve("out/pictures/a.png"));
  }

  @Test
  void shouldMakeInAFunctionAndAStageWhatTheJobMakes() throws Exception {
    Dataset<Row> rows =
        Local.table("id string, prompt string, seed int, steps int", new Object[] {"a", "a cat", 5, 2});
    byte[] expected = ofJob(rows);
    LangevinCatalog.register(Local.session());
    rows.createOrReplaceTempView("asked");
    Row ofSql = Local.session()
        .sql("select g.picture, g.seed, g.error from (select langevin.generate(prompt, seed, map('steps', '2')) as g"
            + " from asked)")
        .head();
    assertThat((byte[]) ofSql.get(0)).isEqualTo(expected);
    assertThat(ofSql.getLong(1)).isEqualTo(5);
    Row ofStage = new PictureTransformer().transform(rows).select("generated.picture").head();
    assertThat((byte[]) ofStage.get(0)).isEqualTo(expected);

    Dataset<Row> failing = rows.select(LangevinCatalog.generate(col("prompt"), lit(1L), map(lit("sampler"),
        lit("no_such"))).as("g"));
    assertThat(failing.queryExecution().analyzed().deterministic()).isFalse(); // or Spark could run it twice
    assertThat(failing.select("g.error").head().getString(0)).contains("no_such");
    assertThatThrownBy(() -> rows.select(LangevinCatalog.generate(col("seed"))).collect())
        .hasMessageContaining("generate(prompt[, seed[, options]])");
  }

  @Test
  void shouldReadAPipelineThatWasWritten() throws Exception {
    PictureTransformer stage = new PictureTransformer().setOutputCol("pictures").setModel("sd15");
    Dataset<Row> rows = Local.table("prompt string", new Object[] {"a cat"});
    PipelineModel model = new Pipeline().setStages(new PipelineStage[] {stage}).fit(rows);
    model.write().save(folder.resolve("pipeline").toString());
    PipelineModel read = PipelineModel.load(folder.resolve("pipeline").toString());
    assertThat(read.stages()[0].extractParamMap().toString()).isEqualTo(stage.extractParamMap().toString());
    assertThat(read.transformSchema(rows.schema()).fieldNames()).containsExactly("prompt", "pictures");
  }

  @Test
  void shouldEncodePicturesAndCaptionsAsOneMachineDoes() throws Exception {
    Dataset<Row> rows = Local.table("id string, prompt string, steps int", new Object[] {"a", "a cat", 2});
    ofJob(rows);
    Path pictures = folder.resolve("out/pictures");
    Files.writeString(pictures.resolve("a.txt"), "a cat\n");
    Files.writeString(pictures.resolve("b.png"), "no picture");
    List<Row> encoded = new EncodeJob(null, 64, Local.session().sparkContext().hadoopConfiguration())
        .encode(Local.session().read().format("binaryFile").option("pathGlobFilter", "*.png").load(pictures.toString()))
        .orderBy("file").collectAsList();
    assertThat(encoded.get(1).<String>getAs("error")).isNotNull();
    assertThat(encoded.get(0).<String>getAs("caption")).isEqualTo("a cat");
    try (var backend = dev.langevin.backend.Backend.open("onednn", dev.langevin.backend.BackendOptions.usual());
        var encoder =
            new dev.langevin.training.PictureEncoder(dev.langevin.cli.EmbeddedModels.emoji(), backend)) {
      var moments = encoder.ofPicture(
          dev.langevin.image.Images.toSignedUnit(dev.langevin.image.Images.read(pictures.resolve("a.png"))));
      assertThat(encoded.get(0).<Float>getList(encoded.get(0).fieldIndex("mean"))).containsExactly(boxed(
          moments.mean()));
      assertThat(encoded.get(0).<Float>getList(encoded.get(0).fieldIndex("states")))
          .containsExactly(boxed(encoder.ofText("a cat").states()));
    }
  }

  private static Float[] boxed(float[] values) {
    Float[] boxed = new Float[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }
}
