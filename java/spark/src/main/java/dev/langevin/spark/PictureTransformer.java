package dev.langevin.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * A stage of a Spark ML pipeline that adds a column of pictures: what {@code langevin.generate} makes of the columns
 * {@code prompt}, {@code seed} and those of the other options that the input has.
 */
public final class PictureTransformer extends Transformer implements DefaultParamsWritable {

  private static final long serialVersionUID = 1;

  private final String uid;
  private final Param<String> inputCol;
  private final Param<String> outputCol;
  private final Param<String> model;

  /** With a name of its own. */
  public PictureTransformer() {
    this(Identifiable.randomUID("pictures"));
  }

  /** @param uid its name */
  public PictureTransformer(String uid) {
    this.uid = uid; // which parameters ask for when they are made
    inputCol = new Param<>(this, "inputCol", "column of the prompts");
    outputCol = new Param<>(this, "outputCol", "column of the pictures, which is added");
    model = new Param<>(this, "model", "model of rows that name none; empty for the embedded one");
    setDefault(inputCol, "prompt");
    setDefault(outputCol, "generated");
    setDefault(model, "");
  }

  /** Reads one that was written; Spark calls it for the stages of a pipeline. */
  public static MLReader<PictureTransformer> read() {
    return new Reader().read();
  }

  /** What reads it. */
  private static final class Reader implements DefaultParamsReadable<PictureTransformer> {}

  @Override
  public String uid() {
    return uid;
  }

  /** The parameter of {@link #setInputCol}; Spark finds parameters by such methods. */
  public Param<String> inputCol() {
    return inputCol;
  }

  /** The parameter of {@link #setOutputCol}. */
  public Param<String> outputCol() {
    return outputCol;
  }

  /** The parameter of {@link #setModel}. */
  public Param<String> model() {
    return model;
  }

  /** The column of the prompts; {@code prompt} without. */
  public PictureTransformer setInputCol(String name) {
    set(inputCol, name);
    return this;
  }

  /** The column that is added; {@code generated} without. */
  public PictureTransformer setOutputCol(String name) {
    set(outputCol, name);
    return this;
  }

  /** The model of rows that name none. */
  public PictureTransformer setModel(String place) {
    set(model, place);
    return this;
  }

  @Override
  public Dataset<Row> transform(Dataset<?> input) {
    LangevinCatalog.register(input.sparkSession());
    List<Column> options = new ArrayList<>();
    for (String name : Asked.OPTIONS.keySet()) {
      Column value = List.of(input.columns()).contains(name) && !name.equals("seed") ? Columns.text(input, name) : null;
      String usual = getOrDefault(model);
      if (name.equals("model") && !usual.isEmpty()) {
        value = value == null ? functions.lit(usual) : functions.coalesce(value, functions.lit(usual));
      }
      if (value != null) {
        options.add(functions.lit(name));
        options.add(value);
      }
    }
    Column seed = List.of(input.columns()).contains("seed") ? input.col("seed").cast("bigint")
        : functions.lit(null).cast("bigint");
    Column map = options.isEmpty() ? functions.map().cast("map<string,string>")
        : functions.map(options.toArray(Column[]::new));
    return input.withColumn(getOrDefault(outputCol),
        LangevinCatalog.generate(input.col(getOrDefault(inputCol)), seed, map));
  }

  @Override
  public StructType transformSchema(StructType schema) {
    if (!List.of(schema.fieldNames()).contains(getOrDefault(inputCol))) {
      throw new IllegalArgumentException("the input has the columns " + List.of(schema.fieldNames()) + ", a column "
          + getOrDefault(inputCol) + " is needed; name the one that holds the texts with setInputCol");
    }
    return schema.add(getOrDefault(outputCol), GenerateFunction.RESULT);
  }

  @Override
  public Transformer copy(ParamMap extra) {
    return defaultCopy(extra);
  }
}
