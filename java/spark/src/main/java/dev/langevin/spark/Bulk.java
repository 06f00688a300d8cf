package dev.langevin.spark;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program {@code langevin bulk}, and what spark-submit runs. */
@Command(name = "bulk", header = "Makes many pictures on Apache Spark.", mixinStandardHelpOptions = true,
    version = "langevin 0.1.0",
    description = "Makes many pictures on Apache Spark, on this machine alone or on a cluster.",
    subcommands = {BulkGenerate.class, BulkEncode.class, BulkEvaluate.class, BulkScaling.class})
public final class Bulk {

  @Option(names = "--debug", scope = CommandLine.ScopeType.INHERIT, description = "Show the stack trace of an error.")
  private boolean debug;

  /** Made by picocli. */
  public Bulk() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true");
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    Bulk program = new Bulk();
    CommandLine line = new CommandLine(program).setCaseInsensitiveEnumValuesAllowed(true).setExpandAtFiles(false)
        .setAllowOptionsAsOptionParameters(true);
    line.setExecutionExceptionHandler((error, command, parsed) -> {
      PrintWriter err = command.getErr();
      BulkException own = BulkException.of(error);
      err.println("langevin: " + RowMaker.sentence(own != null ? own : error));
      if (program.debug) {
        error.printStackTrace(err);
      }
      return CommandLine.ExitCode.SOFTWARE;
    });
    return line.execute(arguments);
  }
}
