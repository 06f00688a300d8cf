package dev.langevin.spark;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "encode", header = "Writes latents and text states of a folder of pictures.",
    footer = {"langevin bulk encode photographs --out encoded --size 512 --model sd15"},
    mixinStandardHelpOptions = true,
    description = "Writes a table in Parquet of what a model's autoencoder and text encoder make of pictures and their"
        + " captions, the text files beside them: what training computes once.")
final class BulkEncode implements Callable<Integer> {

  @Parameters(paramLabel = "FOLDER", description = "Pictures: png, jpg, jpeg or webp, in folders within it too.")
  private String folder;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "The table.")
  private String out;

  @Option(names = "--size", paramLabel = "N", defaultValue = "64",
      description = "Side of the square that pictures are brought to (${DEFAULT-VALUE}).")
  private int size;

  @Option(names = "--model", paramLabel = "DIR",
      description = "A diffusers folder, a path or a URI such as hdfs://host/model; without it the embedded one.")
  private String model;

  @Option(names = "--mode", paramLabel = "M", defaultValue = "error",
      description = "Where DIR holds something: error, overwrite, append or ignore (${DEFAULT-VALUE}).")
  private String mode;

  @Option(names = "--pictures-per-task", paramLabel = "N", defaultValue = "64",
      description = "Most pictures of a task (${DEFAULT-VALUE}).")
  private int picturesPerTask;

  @Mixin
  private SessionOptions session = new SessionOptions();

  @Override
  public Integer call() throws Exception {
    SaveMode save = switch (mode.toLowerCase(Locale.ROOT)) {
      case "error" -> SaveMode.ErrorIfExists;
      case "overwrite" -> SaveMode.Overwrite;
      case "append" -> SaveMode.Append;
      case "ignore" -> SaveMode.Ignore;
      default -> throw new IllegalArgumentException(
          "--mode is " + mode + ", must be error, overwrite, append or ignore");
    };
    try (SparkSession spark = session.open("Langevin bulk encode")) {
      Dataset<Row> files = spark.read().format("binaryFile").option("pathGlobFilter", "*.{png,jpg,jpeg,webp}")
          .option("recursiveFileLookup", true).load(folder);
      long count = files.select("path").count();
      int tasks = (int) Math.max(1, (count + picturesPerTask - 1) / picturesPerTask);
      new EncodeJob(model, size, spark.sparkContext().hadoopConfiguration()).encode(files.repartition(tasks)).write()
          .mode(save).parquet(out);
      Dataset<Row> table = spark.read().parquet(out);
      System.out.println(table.where("error is null").count() + " pictures encoded, "
          + table.where("error is not null").count() + " with an error");
      return 0;
    }
  }
}
