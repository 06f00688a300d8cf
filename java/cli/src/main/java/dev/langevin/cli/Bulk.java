package dev.langevin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

@Command(name = "bulk", header = "Makes many pictures on Apache Spark.",
    footer = {"langevin bulk generate prompts.jsonl --out pictures", "langevin bulk generate --help"},
    mixinStandardHelpOptions = true,
    description = "Makes pictures of the rows of a table on this machine or a cluster, goes on where it was stopped,"
        + " encodes pictures for training, and judges many: a program of its own with Spark's jars, which the script"
        + " langevin builds and starts. Its commands are generate, encode, evaluate and scaling; docs/bulk.md tells of"
        + " them.")
final class Bulk implements Callable<Integer> {

  @Unmatched
  private List<String> words = new ArrayList<>(); // which the script reads

  @Override
  public Integer call() {
    throw new IllegalStateException(
        "bulk is a program of its own, with Spark's jars; start it with the script langevin,"
            + " or give langevin-spark.jar to spark-submit, as docs/bulk.md tells");
  }
}
