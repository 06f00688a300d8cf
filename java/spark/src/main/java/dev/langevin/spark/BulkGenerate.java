package dev.langevin.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "generate", header = "Makes a picture of every row of a table.",
    footer = {"langevin bulk generate prompts.jsonl --out pictures",
        "langevin bulk generate prompts.csv --out pictures --resume",
        "langevin bulk generate rows.parquet --out webp --format webp --model sd15 --set steps=30"},
    mixinStandardHelpOptions = true,
    description = "Makes a picture of every row of a table with a column prompt, each equal to that of langevin"
        + " generate, and a table that tells of each.")
final class BulkGenerate implements Callable<Integer> {

  /** What an input's files are. */
  enum InputFormat {
    JSON, CSV, PARQUET
  }

  @Parameters(paramLabel = "INPUT", description = "Files or a folder of JSON lines, CSV with a header, or Parquet.")
  private String input;

  @Option(names = "--input-format", paramLabel = "F",
      description = "json, csv or parquet; without it as INPUT's ending says.")
  private InputFormat inputFormat;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "The output folder.")
  private String out;

  @Option(names = "--format", paramLabel = "F", defaultValue = "png",
      description = "png, webp, or parquet for a table that holds the pictures (${DEFAULT-VALUE}).")
  private BulkOptions.Format format;

  @Option(names = "--quality", paramLabel = "Q", description = "Of a WebP, which loses nothing without.")
  private Integer quality;

  @Option(names = "--mode", paramLabel = "M", defaultValue = "error",
      description = "Where DIR holds something: error, overwrite, append or ignore (${DEFAULT-VALUE}).")
  private BulkOptions.Mode mode;

  @Option(names = "--resume", description = "Make what is not proved to be there; the same as --mode resume.")
  private boolean resume;

  @Option(names = "--model", paramLabel = "PLACE",
      description = "The model of rows that name none: a path, hf:OWNER/NAME, or a URI such as"
          + " hdfs://host/model; without"
          + " it the embedded one.")
  private String model;

  @Option(names = "--models", paramLabel = "N", defaultValue = "1",
      description = "Models that an executor keeps open at once (${DEFAULT-VALUE}).")
  private int models;

  @Option(names = "--set", paramLabel = "NAME=VALUE",
      description = "An option of langevin generate for all rows, without its dashes, such as steps=30; repeatable"
          + " (none).")
  private List<String> set = new ArrayList<>();

  @Option(names = "--ignore", paramLabel = "COLUMN", description = "A column that nothing reads; repeatable (none).")
  private List<String> ignored = new ArrayList<>();

  @Option(names = "--rows-per-task", paramLabel = "N", defaultValue = "16",
      description = "Most rows that one task makes (${DEFAULT-VALUE}).")
  private int rowsPerTask;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Mixin
  private SessionOptions session = new SessionOptions();

  @Override
  public Integer call() throws Exception {
    if (resume && mode != BulkOptions.Mode.ERROR && mode != BulkOptions.Mode.RESUME) {
      throw new IllegalArgumentException("--resume contradicts --mode " + mode.name().toLowerCase(Locale.ROOT)
          + "; give one of them");
    }
    BulkOptions options = new BulkOptions(out, format, quality, resume ? BulkOptions.Mode.RESUME : mode,
        set.stream().map(each -> "--" + each).toList(), model, rowsPerTask, models, ignored);
    InputFormat read = inputFormat != null ? inputFormat : formatOf(input);
    try (SparkSession spark = session.open("Langevin bulk generate", ModelPlugin.settings(options))) {
      BulkJob.Report report = new BulkJob(spark, options,
          quiet ? line -> {} : line -> System.err.println("langevin: " + line), 5000).run(read(spark, input, read));
      System.out.println(report);
      return 0;
    }
  }

  /** The table. */
  static Dataset<Row> read(SparkSession spark, String place, InputFormat format) {
    return switch (format) {
      case JSON -> spark.read().json(place);
      case CSV -> spark.read().option("header", true).option("multiLine", true).option("escape", "\"").csv(place);
      case PARQUET -> spark.read().parquet(place);
    };
  }

  private static InputFormat formatOf(String place) {
    String name = place.toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|bz2|zst)$", "");
    if (name.endsWith(".jsonl") || name.endsWith(".json") || name.endsWith(".ndjson")) {
      return InputFormat.JSON;
    }
    if (name.endsWith(".csv")) {
      return InputFormat.CSV;
    }
    if (name.endsWith(".parquet")) {
      return InputFormat.PARQUET;
    }
    throw new IllegalArgumentException(place + " ends in none of .jsonl, .json, .csv and .parquet; say what it is with"
        + " --input-format");
  }
}
