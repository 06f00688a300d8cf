package dev.langevin.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;

import dev.langevin.cli.PictureRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Makes a picture of every row of an input and a table that tells of each. Rows are made by tasks that answer with rows
 * of the manifest, see {@link PartitionMaker}; when all are done the manifest takes the place of an earlier one, and
 * {@code _SUCCESS} is written. One thread.
 */
public final class BulkJob {

  /** Files of pictures. */
  public static final String PICTURES = "pictures";

  /** The table: what became of each row. */
  public static final String MANIFEST = "manifest";

  /** Pictures on their way into the table. */
  static final String PACKED = "_pictures";

  private static final String WORK = "_work";

  private static final String NEW = "_manifest";

  private static final String OLD = "_manifest_old";

  private static final String SUCCESS = "_SUCCESS";

  private static final int MANIFEST_ROWS = 200_000; // of one file, of some 100 MB

  private static final int PACKED_ROWS = 500;

  private final SparkSession spark;
  private final BulkOptions options;
  private final Consumer<String> told;
  private final long toldMillis;
  private final SparkContext context;

  /**
   * What came of a job.
   *
   * @param rows of the input
   * @param made pictures
   * @param skipped pictures that were there
   * @param failed rows with an error
   */
  public record Report(long rows, long made, long skipped, long failed, double seconds) {
    @Override
    public String toString() {
      return BulkProgress.line(rows, made, skipped, failed, seconds)
          + String.format(Locale.ROOT, ", in %.1f s", seconds);
    }
  }

  /**
   * @param told a line every so often on how far it is
   * @param toldMillis between such lines
   */
  public BulkJob(SparkSession spark, BulkOptions options, Consumer<String> told, long toldMillis) {
    this.spark = spark;
    this.context = spark.sparkContext();
    this.options = options;
    this.told = told;
    this.toldMillis = toldMillis;
  }

  /** One that tells nothing. */
  public BulkJob(SparkSession spark, BulkOptions options) {
    this(spark, options, line -> {}, Long.MAX_VALUE);
  }

  /**
   * Makes all pictures.
   *
   * @param input with a column {@code prompt}, and others that {@code docs/bulk.md} lists
   * @throws BulkException if the job cannot be done, in one sentence
   * @throws IllegalArgumentException if the input or an option cannot be
   * @throws IOException if the output folder cannot be reached
   */
  public Report run(Dataset<Row> input) throws IOException {
    JavaVersion.require(Runtime.version(), "the driver");
    PictureRows.require(options.generate());
    long begun = System.nanoTime();
    Store store = new Store(options.out(), context.hadoopConfiguration());
    if (options.mode() == BulkOptions.Mode.IGNORE && !store.isEmpty()) {
      return new Report(0, 0, 0, 0, 0);
    }
    Dataset<Row> rows = rows(input).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      requireIds(rows);
      prepare(store);
      return run(rows, store, begun);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) { // Spark's, which Java does not see declared
      BulkException own = BulkException.of(e);
      throw own != null ? own : new BulkException("the job failed: " + RowMaker.sentence(e), e);
    } finally {
      rows.unpersist();
    }
  }

  /** Makes room for the output, or refuses. */
  private void prepare(Store store) throws IOException {
    if (options.mode() == BulkOptions.Mode.OVERWRITE) {
      for (String name : List.of(PICTURES, MANIFEST, PACKED, WORK, NEW, OLD, SUCCESS, PartitionMaker.NOTES)) {
        store.delete(name);
      }
    }
    if (options.mode() == BulkOptions.Mode.ERROR && !store.isEmpty()) {
      throw new IllegalArgumentException(store.uri() + " holds what an earlier job made; go on with it with --resume,"
          + " add other rows with --mode append, or remove it with --mode overwrite");
    }
    if (!store.exists(MANIFEST) && store.exists(OLD)) { // the driver died between two renames
      store.move(OLD, MANIFEST);
    }
    store.delete(SUCCESS);
    store.sweep();
  }

  private Dataset<Row> rows(Dataset<Row> input) {
    Dataset<Row> selected = Columns.select(input, options.ignored());
    StructType schema = selected.schema().add("row", DataTypes.StringType);
    String common = options.common();
    Dataset<Row> rows = selected.map((MapFunction<Row, Row>) row -> {
      Asked asked = Asked.of(row);
      Object[] values = new Object[schema.length()];
      for (int i = 0; i < row.length(); i++) {
        values[i] = row.get(i);
      }
      values[schema.fieldIndex("id")] = asked.id(common);
      values[schema.fieldIndex("row")] = asked.digest(common);
      return org.apache.spark.sql.RowFactory.create(values);
    }, Encoders.row(schema));
    return rows.dropDuplicates(new String[] {"id", "row"});
  }

  private static void requireIds(Dataset<Row> rows) {
    List<Row> twice = rows.groupBy("id").count().where("count > 1").limit(1).collectAsList();
    if (!twice.isEmpty()) {
      throw new IllegalArgumentException("the id " + twice.getFirst().getString(0) + " is that of "
          + twice.getFirst().getLong(1) + " different rows; give each its own, or leave the column id away");
    }
  }

  private Report run(Dataset<Row> rows, Store store, long begun) throws Exception {
    long all = rows.count();
    Dataset<Row> before = before(store);
    Dataset<Row> wanted = rows;
    long carried = 0;
    if (before != null && options.mode() == BulkOptions.Mode.APPEND) {
      requireNew(rows, before);
    } else if (before != null && options.format() == BulkOptions.Format.PARQUET) {
      wanted = rows.join(before.where("error is null").select("id", "row"),
          scala.jdk.javaapi.CollectionConverters.asScala(List.of("id", "row")).toSeq(), "left_anti");
      carried = all - wanted.count();
    }
    Counts counts = Counts.of(context);
    counts.skipped().add(carried);
    context.setJobDescription("Langevin: pictures of " + all + " rows");
    try (BulkProgress progress = new BulkProgress(context, counts, all, told, toldMillis)) {
      planned(wanted, before, all).mapPartitions(
          new PartitionMaker(options, new SerializableConfiguration(context.hadoopConfiguration()), counts),
          Encoders.row(Manifest.SCHEMA)).write().mode(SaveMode.Overwrite).parquet(store.path(WORK));
      told.accept(progress.line());
    }
    context.setJobDescription("Langevin: manifest");
    writeManifest(store, before);
    context.setJobDescription(null);
    store.write(SUCCESS, new byte[0]);
    for (String name : List.of(PartitionMaker.NOTES, WORK, PACKED, OLD)) {
      store.delete(name);
    }
    store.sweep();
    return new Report(all, counts.made().value(), counts.skipped().value(), counts.failed().value(),
        (System.nanoTime() - begun) * 1e-9);
  }

  /** The manifest of an earlier run, or null. */
  private Dataset<Row> before(Store store) throws IOException {
    if (!store.exists(MANIFEST)) {
      return null;
    }
    Dataset<Row> before = spark.read().parquet(store.path(MANIFEST));
    boolean packed = List.of(before.columns()).contains("picture");
    if (packed != (options.format() == BulkOptions.Format.PARQUET)) {
      throw new IllegalArgumentException(store.path(MANIFEST) + " tells of pictures " + (packed ? "in it" : "in files")
          + ", --format asks for the other; take the same, or another output folder");
    }
    return before;
  }

  private void requireNew(Dataset<Row> rows, Dataset<Row> before) {
    List<Row> both = rows.select("id").join(before.select("id"), "id").limit(1).collectAsList();
    if (!both.isEmpty()) {
      throw new IllegalArgumentException("the id " + both.getFirst().getString(0) + " is there already; --mode append"
          + " adds others, go on with the same with --resume");
    }
  }

  /** Rows by task: those of one model one after another, and so few in each that all executors have some. */
  private Dataset<Row> planned(Dataset<Row> rows, Dataset<Row> before, long all) {
    Dataset<Row> asked = rows.drop("row");
    Column told = lit(null).cast(Manifest.SCHEMA).as(PartitionMaker.BEFORE);
    if (before == null || options.format() == BulkOptions.Format.PARQUET) {
      asked = asked.withColumn(PartitionMaker.BEFORE, told);
    } else {
      Column[] fields = List.of(Manifest.SCHEMA.fieldNames()).stream().map(name -> before.col(name))
          .toArray(Column[]::new);
      Dataset<Row> proofs = before.select(before.col("id").as("known"), struct(fields).as(PartitionMaker.BEFORE));
      asked = asked.join(proofs, asked.col("id").equalTo(col("known")), "left").drop("known");
    }
    int slots = Math.max(1, context.defaultParallelism() / Math.max(1, context.getConf().getInt("spark.task.cpus", 1)));
    int tasks = (int) Math.max(1, Math.min(all, Math.max(slots, (all + options.rowsPerTask() - 1)
        / options.rowsPerTask())));
    Column[] order = {col("model"), col("lora"), col("size"), col("id")};
    return asked.repartitionByRange(tasks, order).sortWithinPartitions(order);
  }

  /** Rows of this run and those of earlier ones take the place of the earlier manifest. */
  private void writeManifest(Store store, Dataset<Row> before) throws IOException {
    Dataset<Row> made = spark.read().schema(Manifest.SCHEMA).parquet(store.path(WORK));
    Dataset<Row> table = made;
    if (options.format() == BulkOptions.Format.PARQUET) {
      table = packed(made);
    }
    if (before != null) {
      table = before.join(made.select("id"), scala.jdk.javaapi.CollectionConverters.asScala(List.of("id")).toSeq(),
          "left_anti").select(columns(table)).union(table);
    }
    long rows = made.count() + (before == null ? 0 : before.count());
    int perFile = options.format() == BulkOptions.Format.PARQUET ? PACKED_ROWS : MANIFEST_ROWS;
    int files = (int) Math.max(1, (rows + perFile - 1) / perFile);
    table.repartitionByRange(files, col("id")).sortWithinPartitions("id").write().mode(SaveMode.Overwrite)
        .parquet(store.path(NEW));
    if (store.exists(MANIFEST)) {
      store.delete(OLD);
      store.move(MANIFEST, OLD);
    }
    store.move(NEW, MANIFEST);
  }

  private static Column[] columns(Dataset<Row> table) {
    return List.of(table.columns()).stream().map(name -> col(name)).toArray(Column[]::new);
  }

  /** With the files' bytes in the place of their names. */
  private Dataset<Row> packed(Dataset<Row> made) {
    StructType schema = made.schema().add("picture", DataTypes.BinaryType);
    String out = options.out();
    SerializableConfiguration configuration = new SerializableConfiguration(context.hadoopConfiguration());
    return made.mapPartitions((org.apache.spark.api.java.function.MapPartitionsFunction<Row, Row>) rows -> {
      Store store = new Store(out, configuration.value());
      List<Row> packed = new ArrayList<>();
      while (rows.hasNext()) {
        packed.add(Packing.packed(rows.next(), store));
      }
      return packed.iterator();
    }, Encoders.row(schema));
  }
}
